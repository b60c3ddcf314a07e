"""The second opinion on a witness: agrees with the first on honest data, and refuses tampered ones."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import uat
from uat.bounds.recheck import recheck
from uat.bounds.recheck_witness import confirm_witness
from uat.construct.tube import Tube
from uat.construct.witness import Witness
from uat.exchange.json_file import checksum


@given(st.data(), st.integers(2, 25), st.sampled_from([0.5, 1.0, 2.3]), st.sampled_from(["both", "under", "over"]))
def test_both_counts_agree(data: st.DataObject, n: int, tol: float, side: str) -> None:
    y = np.array(data.draw(st.lists(st.integers(-9, 9), min_size=n, max_size=n)), dtype=float)
    x = np.cumsum(data.draw(st.lists(st.integers(1, 3), min_size=n, max_size=n))).astype(float)
    picks = st.lists(st.sampled_from(x.tolist()), max_size=2, unique=True)
    knots, through = tuple(data.draw(picks)), tuple(data.draw(picks))
    w = Witness.counted("windows", x, y, y, Tube(tol, 0.125, side), knots, through)
    table = {Fraction(t): (Fraction(v), Fraction(v)) for t, v in zip(x.tolist(), y.tolist(), strict=True)}
    assert confirm_witness(w.to_dict(), table.__getitem__)
    assert not confirm_witness({**w.to_dict(), "pieces": w.pieces + 1}, table.__getitem__)


@pytest.mark.parametrize(
    ("tol", "more", "kind"), [(0.1, {}, "three-point"), (0.11, {}, "windows"), (0.02, {"side": "over"}, "three-point")]
)
def test_witnesses_of_sin(tol: float, more: dict[str, Any], kind: str) -> None:
    n = uat.narrowest(np.sin, (0, 2 * np.pi), tol=tol, **more)
    assert n.witness is not None
    assert n.witness.kind == kind
    data = n.witness.to_dict()
    table = {
        Fraction(t): (Fraction(a), Fraction(b)) for t, a, b in zip(data["x"], data["low"], data["high"], strict=True)
    }
    assert confirm_witness(data, table.__getitem__)
    for tampered in (
        {**data, "pieces": data["pieces"] + 1},
        {**data, "tol": 2 * tol},
        {**data, "low": [v + 1e-9 for v in data["low"]]},
        {**data, "x": data["x"][1:]},
        {**data, "kind": "oracle"},
        {**data, "side": "left"},
    ):
        assert not confirm_witness(tampered, lambda t: table.get(t, (Fraction(-9), Fraction(9))))


@pytest.mark.parametrize("options", [{"tol": 0.01}, {"width": 9}, {"tol": 0.02, "side": "over"}])
def test_a_saved_optimum_is_confirmed_and_a_forged_one_is_not(tmp_path: Path, options: dict[str, Any]) -> None:
    path = tmp_path / "a.json"
    uat.approximate("sin(x)", (0, 6.25), method="narrowest", **options).save(path)
    verdict = recheck(path)
    assert verdict.ok, verdict.sentence
    assert "pieces are needed" in verdict.sentence
    for forge in (
        lambda o: o.update(lower_bound=o["lower_bound"] + 1),
        lambda o: o.update(witness=None),
        lambda o: o["witness"].update(tol=o["witness"]["tol"] / 2, pieces=o["witness"]["pieces"] + 3),
        lambda o: o["witness"]["low"].__setitem__(1, o["witness"]["low"][1] + 1e-6),
        lambda o: o.update(least_error=[0.5, 1.0]),
    ):
        content = json.loads(path.read_text())
        forge(content["optimality"])
        content["sha256"] = checksum(content)
        (tmp_path / "b.json").write_text(json.dumps(content))
        assert not recheck(tmp_path / "b.json").ok


# statement C7: formula, domain, fewest continuous pieces at 0.1 and 0.01
C7 = [
    ("x**2", (-3.5, 3.5), 8, 25), ("log(x)", (1, 32), 3, 9), ("sin(x)", (0, 2 * np.pi), 5, 13),
    ("tanh(x)", (-5, 5), 3, 9), ("sin(x)/x", (1, 12), 3, 9), ("2*x**2 + x**3", (-2.5, 2.5), 11, 34),
    ("exp(-x)*sin(x)", (-4, 4), 14, 43), ("exp(-100*(x - 2)**2)", (0, 3), 4, 11),
]  # fmt: skip


@pytest.mark.parametrize(("text", "domain", "tenth", "hundredth"), C7, ids=[row[0] for row in C7])
def test_the_checker_confirms_all_optima_of_c7(
    tmp_path: Path, text: str, domain: tuple[float, float], tenth: int, hundredth: int
) -> None:
    """Each of the 16 counts stands in a saved file as both what is reached and what is needed, and is confirmed."""
    path = tmp_path / "a.json"
    for tol, count in ((0.1, tenth), (0.01, hundredth)):
        uat.approximate(text, domain, method="narrowest", tol=tol).save(path)
        verdict = recheck(path)
        assert verdict.ok, verdict.sentence
        assert f"at least {count} pieces are needed" in verdict.sentence
        optimality = json.loads(path.read_text())["optimality"]
        assert (optimality["lower_bound"], optimality["witness"]["pieces"]) == (count, count)


def test_an_enclosure_that_reaches_beyond_that_of_the_witness_counts_with_it() -> None:
    """f is the float, which no ball can say; what is false for certain is refused, and a wide ball proves less."""
    data: dict[str, Any] = {
        "kind": "windows", "pieces": 2, "x": [0.0, 1.0, 2.0], "low": [0.0, 1.0, 0.0], "high": [0.0, 1.0, 0.0],
        "tol": 0.25, "rtol": 0.0, "side": "both", "knots": [], "through": [],
    }  # fmt: skip

    def around(least: float, most: float) -> bool:
        def value(x: Fraction) -> tuple[Fraction, Fraction]:
            centre = Fraction(1 if x == 1 else 0)
            return centre + Fraction(least), centre + Fraction(most)

        return confirm_witness(data, value)

    assert around(0, 0)
    assert around(-1e-30, 1e-30)
    assert not around(1e-30, 2e-30)
    assert not around(-2e-30, -1e-30)
    assert not around(-0.25, 0.25)  # a straight line passes these windows
