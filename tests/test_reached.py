"""A tolerance is kept (proven), refused, or said not to be kept, and every warning points at its caller."""

from __future__ import annotations

import json
import math
import signal
import time
import warnings
from typing import Any

import numpy as np
import pytest

import uat
from tests.command import run
from tests.on_balls import at_every_sample
from tests.test_evaluation import needs_numba
from uat._deadline import Deadline
from uat._kernels.compiling import Kernel
from uat.construct.function_pieces import HASTY_PIECES, Search
from uat.construct.mesh import Mesh
from uat.construct.tube import Tube


def test_a_jump_is_refused_as_on_grids() -> None:
    with pytest.raises(uat.InputError, match=r"^`tol` = 0\.1 is out of reach: f jumps by at least 1 at x = 1: "):
        uat.approximate("floor(x)", (0, 2.5), tol=0.1, method="narrowest")
    with pytest.raises(uat.InputError, match=r"^`tol` = 0\.1 is out of reach: f jumps by at least 1 at x = 1: "):
        uat.narrowest("floor(x)", (0, 2.5), tol=0.1)
    n = uat.narrowest("floor(x)", (0, 2.5), tol=0.1, rtol=0.01)
    assert n.nearest == 0.5
    assert n.outside
    assert uat.approximate("floor(x)", (0, 2.5), tol=0.6, method="narrowest").certificate.upper <= 0.6


def test_a_budget_that_ends_too_soon_is_a_warning_and_an_exit_code() -> None:
    with pytest.warns(
        uat.ToleranceWarning, match=r"^the result (does not keep|is not shown to keep) f ± 1e-07: "
    ) as told:
        r = uat.approximate("sin(9*x)", (0, 6), tol=1e-7, method="narrowest", seconds=0.01)
    assert [w.filename for w in told] == [__file__]
    assert r.misses_tolerance
    assert r.certificate.upper > 1e-7
    assert "not kept" in str(r)
    assert f"and {r.pieces}, with an output bias" not in str(r)  # which is no upper bound of the fewest neurons
    done = run(
        "approximate",
        "sin(9*x)",
        "--on",
        "0",
        "6",
        "--tol",
        "1e-7",
        "--method",
        "narrowest",
        "--seconds",
        ".01",
        "--json",
    )
    assert done.returncode == 3
    assert done.stderr.startswith("uat: warning: the result ")
    upper = json.loads(done.stdout)["certificate"]["upper"]
    assert upper is None or upper > 1e-7  # by how much the time allows


def test_what_keeps_its_tolerance_says_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for more in ({}, {"rtol": 0.05}, {"side": "over"}, {"rtol": 0.05, "side": "under"}):
            r = uat.approximate("exp(x)", (0, 5), tol=0.01, method="narrowest", **more)
            assert not r.misses_tolerance
    assert "f ± (0.01 + 0.05 |f|): kept (proven)" in str(
        uat.approximate("exp(x)", (0, 5), tol=0.01, rtol=0.05, method="narrowest")
    )


def scalar_sine(x: Any) -> float:
    return math.sin(float(x))


@pytest.mark.parametrize(
    "call",
    [
        lambda: uat.narrowest(scalar_sine, (0, 6), tol=0.01),
        lambda: uat.narrowest(scalar_sine, (0, 6), pieces=4),
        lambda: uat.narrowest(scalar_sine, (0, 6), tol=0.01, rtol=0.1, side="over"),
        lambda: uat.approximate(scalar_sine, (0, 6), tol=0.01),
        lambda: uat.approximate(scalar_sine, (0, 6), tol=0.01, method="graded"),
        lambda: uat.approximate(scalar_sine, (0, 6), tol=0.01, method="narrowest"),
        lambda: uat.certify(scalar_sine, uat.interpolate(np.sin, 0, 6, pieces=4)),
    ],
)
def test_one_warning_a_call_at_the_line_of_the_caller(call: Any) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    assert [(w.category, w.filename) for w in caught] == [(uat.NotProvenWarning, __file__)]


def test_a_declared_constant_certifies_the_narrowest_of_a_black_box() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for declared in ({"lipschitz": 1.0}, {"modulus": lambda t: t}):
            r = uat.approximate(math.sin, (0, 6), tol=0.05, method="narrowest", **declared)
            assert r.certificate.proven
            assert r.certificate.upper <= 0.05
            assert "declared" in r.certificate.assumes[0]
            assert not r.misses_tolerance
        n = uat.narrowest(math.sin, (0, 6), tol=0.05, side="over", lipschitz=1.0)
    assert n.proven
    assert n.lower_bound == 1
    with pytest.raises(uat.InputError, match=r"the samples contradict `lipschitz` = 0\.5: f"):
        uat.narrowest(np.sin, (0, 6), tol=0.01, lipschitz=0.5)
    with pytest.raises(uat.InputError, match="`lipschitz` and `modulus` are about functions"):
        uat.narrowest(([0, 1], [0, 1]), tol=0.01, lipschitz=0.5)
    assert uat.narrowest(np.sin, (0, 6), tol=0.01, lipschitz=1.0).certificate.assumes == ()  # balls came first


def test_where_a_declared_constant_is_too_coarse_a_piece_more_is_proven(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("uat.bounds.declared.MOST_SAMPLES", 3000)
    tol = uat.narrowest(np.sin, (0, 6), pieces=8).least_error[1] * (1 + 1e-3)
    n = uat.narrowest(math.sin, (0, 6), tol=tol, lipschitz=1.0)
    assert n.proven
    assert n.pieces == 9


def test_one_door_takes_what_the_other_takes() -> None:
    assert uat.narrowest("gelu", tol=0.1).minimal
    assert uat.narrowest("sin(x)", (0, 6), tol=0.1).pieces == uat.narrowest(np.sin, (0, 6), tol=0.1).pieces
    r = uat.approximate("sin(x)", (0, 6), tol=0.01, method="narrowest")
    c = uat.certify("sin(x)", r)
    assert c.proven
    assert r.certificate.lower <= c.upper * (1 + 1e-9)
    n = uat.narrowest("sin(x)", (0, 6), tol=0.01)
    assert uat.certify(np.sin, n).upper <= 0.0101
    assert n.net.width == n.pieces
    assert np.abs(n.net(n.piecewise.knots) - n.piecewise.values).max() < 1e-14


@pytest.mark.parametrize("tol", [1e-320, 1e-18])
def test_tolerances_that_floats_cannot_hold_are_refused(tol: float) -> None:
    with pytest.raises(uat.InputError, match=r"must be at least (2\.23e-308|1\.1.e-16), "):
        uat.narrowest(np.sin, (0, 6), tol=tol)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (([0, 1, 2], [0, 1, 4]), r"Points \(x, y\) go to `uat\.narrowest`\."),
        ("sin(y)", r"contains 'y'; the variable is x\.$"),
        ("gel", r"The target 'gelu' has a similar name\."),
        ("curve.csv", r"'curve\.csv' is the name of a file\. Points are read by"),
    ],
)
def test_what_is_no_function_is_told_where_it_belongs(given: Any, sentence: str) -> None:
    with pytest.raises(uat.InputError, match=sentence):
        uat.approximate(given, (0, 1), tol=0.1)


def test_ctrl_c_inside_numba_is_ctrl_c() -> None:
    """Numba's dispatcher wraps what happens to its helpers in SystemErrors, one around the other."""

    def struck() -> None:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as error:
            raise SystemError("returned a result with an exception set") from error

    kernel = Kernel(struck)
    kernel._ready = struck
    with pytest.raises(KeyboardInterrupt):
        kernel()


@needs_numba
def test_ctrl_c_waits_until_a_kernel_is_compiled() -> None:
    """Interrupted half-way, Numba's import and compilations are left broken, for the rest of the process."""
    kernel = Kernel(lambda x: x + 1, prepare=lambda: signal.raise_signal(signal.SIGINT))
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            kernel(1)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert kernel.loaded
    assert kernel(1) == 2


@pytest.mark.parametrize("strike", ["sample", "isin", "concatenate", "unique"])
def test_ctrl_c_leaves_a_mesh_whole(strike: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mesh = Mesh(np.sin, (0.0, 6.0), np.array([]), np.array([]))
    before = mesh.x.size

    def struck(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(*(("uat.construct.mesh.sample", struck) if strike == "sample" else (np, strike, struck)))
    with pytest.raises(KeyboardInterrupt):
        mesh.divide(Tube(1e-6).width, Deadline(None))
    monkeypatch.undo()
    assert mesh.x.size == mesh.y.size == mesh.exact.size == mesh.forced.size == before


def test_a_stopped_search_begins_no_certificate_that_it_has_no_time_for() -> None:
    """Only to cut f - p into a cell for each of a million pieces takes a minute."""
    mesh = Mesh(np.sin, (0.0, 6.0), np.array([]), np.array([]))
    mesh.insert(np.linspace(0, 6, 20_000))
    search = Search(mesh, "both", Deadline(None))
    search.fall_back(Tube(1e-9), None)
    n = search.outcome("stopped")
    assert n.pieces > HASTY_PIECES
    assert not n.certificate.proven
    assert f"there was no time to certify {n.pieces} pieces" in n.note
    assert n.certificate.lower >= np.abs(n.piecewise(mesh.x) - mesh.y).max() * (1 - 1e-9)


def test_ctrl_c_ends_a_long_search_with_its_bracket(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some 400 000 pieces are sought; it is pressed when the mesh is a quarter of the way."""
    pressed: list[float] = []

    def press(x: Any) -> None:
        if np.size(x) > 30_000 and not pressed:
            pressed.append(time.monotonic())
            signal.raise_signal(signal.SIGINT)

    at_every_sample(monkeypatch, press)
    f = uat.Formula("1e6*sin(x)")
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.warns(uat.NotProvenWarning, match="there was no time to certify"):
            n = uat.narrowest(f, (0, 6), tol=1e-5)
    finally:
        signal.signal(signal.SIGINT, before)
    assert pressed
    assert n.stopped, n.note
    assert n.certificate.lower <= n.certificate.error
