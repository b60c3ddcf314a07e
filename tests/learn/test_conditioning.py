"""Statement E1: how badly a basis is conditioned, with Gram matrices in closed form beside those of the figure."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from figures.conditioning import conditions


def gram_of_hinges(n: int, constant: bool = False) -> np.ndarray:
    """The integrals over [0, 1] of the products of the hinges (x - k/n)_+, 0 <= k < n (and 1): rounded once."""
    k = [Fraction(j, n) for j in range(n)]
    rows = [[(1 - max(s, t)) ** 3 / 3 + abs(s - t) * (1 - max(s, t)) ** 2 / 2 for t in k] for s in k]
    if constant:
        with_one = [(1 - s) ** 2 / 2 for s in k]
        rows = [[*row, v] for row, v in zip(rows, with_one, strict=True)] + [[*with_one, Fraction(1)]]
    return np.array(rows, dtype=float)


def gram_of_hats(n: int) -> np.ndarray:
    """h/6 beside the diagonal, 2h/3 on it and h/3 at its ends."""
    diagonal = np.full(n + 1, 4.0)
    diagonal[[0, -1]] = 2
    return (np.diag(diagonal) + np.eye(n + 1, k=1) + np.eye(n + 1, k=-1)) / (6 * n)


@pytest.mark.parametrize(("n", "with_constant", "share", "hinges_alone"), [(8, 3.8e4, 9, 4.4), (128, 1.1e9, 4.2, 3.9)])
def test_e1_hinges(n: int, with_constant: float, share: float, hinges_alone: float) -> None:
    """The figures of E1 to the digits stated, and that of the picture."""
    found = np.linalg.cond(gram_of_hinges(n, constant=True))
    assert float(f"{found:.1e}") == with_constant
    assert found / n**4 == pytest.approx(share, abs=0.5 if share == 9 else 0.05)
    alone = np.linalg.cond(gram_of_hinges(n))
    assert round(alone / n**4, 1) == hinges_alone
    assert conditions(n)[0] == pytest.approx(alone, rel=1e-5)


def test_e1_the_leading_order() -> None:
    """The largest eigenvalue is about N/mu^4, the smallest 1/(48 N^3): their ratio is 3.88 N^4."""
    n, mu = 128, 1.8751040687
    assert np.cos(mu) * np.cosh(mu) == pytest.approx(-1)
    values = np.linalg.eigvalsh(gram_of_hinges(n))
    assert values[-1] == pytest.approx(n / mu**4, rel=0.02)
    assert values[0] == pytest.approx(1 / (48 * n**3), rel=0.02)
    assert 48 / mu**4 == pytest.approx(3.88, abs=0.005)


def test_e1_hats_never_reach_four() -> None:
    """3.92 at N = 8, rising to 4."""
    found = [conditions(n)[1] for n in (2, 8, 32, 128)]
    np.testing.assert_allclose(found, [np.linalg.cond(gram_of_hats(n)) for n in (2, 8, 32, 128)], rtol=1e-9)
    assert round(found[1], 2) == 3.92
    assert found == sorted(found)
    assert 3.999 < found[-1] < 4
