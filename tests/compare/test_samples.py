"""What learned methods see: both ends, the steep places, and a map there and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import uat
from tests.strategies import piecewise_affine
from uat.compare.samples import PER_PIECE, Samples


@pytest.mark.parametrize("name", ["sin", "exp", "runge"])
def test_a_smooth_function_is_sampled_uniformly(name: str) -> None:
    f = uat.target(name)
    for width in (4, 64):
        gaps = np.diff(Samples.of(f, f.domain, width).x)
        assert gaps.max() < gaps.min() * (1 + 1e-9)


@pytest.mark.parametrize("width", [8, 64])
def test_the_steep_end_of_sqrt_is_seen(width: int) -> None:
    f = uat.target("sqrt")
    seen = Samples.of(f, f.domain, width)
    assert (seen.x[0], seen.x[-1]) == f.domain
    assert (np.diff(seen.x) > 0).all()
    knots = np.array([(k * (k + 1) / (width * (width + 1))) ** 2 for k in range(width + 1)])  # C5: the best ones
    assert np.histogram(seen.x, knots)[0].min() >= PER_PIECE // 2


@given(p=piecewise_affine(most=6), share=st.floats(0, 1))
def test_there_and_back(p: uat.PiecewiseAffine, share: float) -> None:
    """A broken line carried to the units of training and back is the same function, up to rounding."""
    x = np.unique(np.concatenate([p.knots, np.linspace(*p.domain, 50)]))
    seen = Samples(x, p(x))
    net = seen.back(seen.forward(p))
    point = min(p.domain[0] + share * (p.domain[1] - p.domain[0]), p.domain[1])
    steep = np.abs(p.slopes).max() * (p.domain[1] - p.domain[0] + np.abs(p.knots).max())
    assert abs(net(point) - p(point)) <= 1e-12 * (steep + np.abs(p.values).max()) * p.pieces
