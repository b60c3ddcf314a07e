"""What is no number is refused by name at every door, also what float() and NumPy take for one."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import uat
from uat import Formula, InputError, learn
from uat._checks import show

MASKED = np.ma.masked_array([0.0, 1.0, 2.0], mask=[False, True, False])
LINE, NET = uat.PiecewiseAffine([0.0, 1.0, 2.0], [1.0, 2.0, 4.0]), uat.ReluNet([1.0, 1.0], [0.0, -1.0], [1.0, 2.0])


def words(values: list[Any]) -> Any:
    return np.array(values, dtype=object)


@pytest.mark.parametrize("evaluate", [LINE, NET, NET.forward, LINE.derivative])
def test_points_of_evaluation(evaluate: Callable[[Any], Any]) -> None:
    for x in ("1", b"1", None, 1j, {}, object(), 10**400, [1, None], words([0.5, "1"]), np.datetime64("2020"), ["a"]):
        with pytest.raises(InputError, match=r"^`x` must be real numbers, but is "):
            evaluate(x)
    np.testing.assert_array_equal(
        evaluate(MASKED), np.where([True, False, True], evaluate(np.array([0, 1, 2])), np.nan)
    )
    np.testing.assert_array_equal(evaluate(np.array([0.5, 1.5], dtype=">f8")), evaluate(np.array([0.5, 1.5])))
    np.testing.assert_array_equal(evaluate(words([0.5, 1])), evaluate(np.array([0.5, 1])))
    assert len(evaluate([])) == 0


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (MASKED, "must have all its entries, but {}[1] is masked."),
        (words([0, "1", 2]), "must be an array of real numbers, but is array([0, '1', 2], dtype=object)."),
        ([0, None, 2], "must be an array of real numbers, but is [0, None, 2]."),
        ([0, np.datetime64("2020"), 2], "must be an array of real numbers, but is "),
        ([0, [1, 2]], "must be an array of real numbers, but is [0, [1, 2]]."),
        (
            np.array([0, 1, np.longdouble("1e400")]),
            "must be exact in float64, but {}[2] = np.longdouble('1e+400') is no",
        ),
    ],
)
def test_arrays(values: Any, sentence: str) -> None:
    doors: dict[str, Callable[[], Any]] = {
        "knots": lambda: uat.PiecewiseAffine(values, [1, 2, 3]),
        "values": lambda: uat.PiecewiseAffine([1, 2, 3], values),
        "weights": lambda: uat.ReluNet(values, [1, 2, 3], [1, 2, 3]),
        "y": lambda: uat.narrowest(([1, 2, 3], values), tol=0.1),
        "breaks": lambda: uat.certify(np.sin, (0, 0), (0, 9), breaks=values),
    }
    for name, door in doors.items():
        with pytest.raises(InputError, match="^" + re.escape(f"`{name}` " + sentence.format(name))):
            door()


@pytest.mark.parametrize("breaks", ["", "1", b"1", {}, {1: 2}, None])
def test_texts_are_no_collections_of_abscissae(breaks: Any) -> None:
    with pytest.raises(InputError, match=r"^`breaks` must be an array of real numbers, but is "):
        uat.certify(np.sin, (0, 0), (0, 1), breaks=breaks)


def test_one_abscissa_in_an_array_without_axes() -> None:
    assert uat.approximate(np.sin, (0, 1), width=4, method="graded", breaks=np.array(0.5)).pieces == 3


@pytest.mark.parametrize("domain", [{0, 1}, {0: 1, 1: 2}, "01", b"01"])
def test_what_is_no_pair(domain: Any) -> None:
    with pytest.raises(InputError, match=r"^`domain` must be a pair \(a, b\), but is "):
        uat.certify(np.sin, (0, 0), domain)


@pytest.mark.parametrize("value", ["1", b"1", np.ma.masked, np.datetime64("2020"), None])
def test_what_f_returns(value: Any) -> None:
    with pytest.raises(InputError, match=r"^`f` must return a real number, but f\(0.0\) = "):
        uat.approximate(lambda x: value, (0, 1), tol=0.1)


@pytest.mark.parametrize("value", [None, 1, "yes", np.array([]), np.array([True, False])])
@pytest.mark.parametrize("name", ["monotone", "convex"])
def test_flags(name: str, value: Any) -> None:
    options: dict[str, Any] = {name: value}
    with pytest.raises(InputError, match=f"^`{name}` must be True or False, but is "):
        uat.narrowest(np.exp, (0, 1), tol=0.1, **options)


@pytest.mark.parametrize("threads", [True, np.array([]), np.array([1, 2]), 1.0, None])
def test_threads(threads: Any) -> None:
    with pytest.raises(InputError, match=r"^`threads` must be an integer >= 1, but is "):
        LINE([0.5], threads=threads)


def test_a_number_of_pieces_of_any_size() -> None:
    with pytest.raises(InputError, match=r"^`pieces` must be at most 10000000, but is 1000"):
        uat.narrowest(np.sin, (0, 1), pieces=10**400)


BIG = 2**53
DOORS: dict[str, Callable[[Any], Any]] = {
    "knots": lambda v: uat.PiecewiseAffine(v, [1, 2, 3]),
    "values": lambda v: uat.PiecewiseAffine([1, 2, 3], v),
    "weights": lambda v: uat.ReluNet(v, [1, 2, 3], [1, 2, 3]),
    "coefficients": lambda v: uat.ReluNet([1, 2, 3], [1, 2, 3], v),
    "x": lambda v: uat.narrowest((v, [1, 2, 3]), tol=0.1),
    "y": lambda v: uat.narrowest(([1, 2, 3], v), tol=0.1),
    "breaks": lambda v: uat.certify(np.sin, (0, 0), (0, 9), breaks=v),
    "theta": lambda v: uat.MLP((2, 1), [0, 0, 0]).with_theta(v),
}
AT: dict[str, Callable[[Any], Any]] = {  # functions, and what learns
    "a line": LINE,
    "a network": NET,
    "neuron by neuron": NET.forward,
    "a slope": LINE.derivative,
    "a formula": Formula("2*x"),
    "a perceptron": uat.MLP((1, 1), [1, 0]),
    "fit": lambda v: learn.fit(uat.MLP((1, 1), [1, 0]), v, [0, 0, 0], steps=1),
    "the gradient": lambda v: learn.value_and_gradient(uat.MLP((1, 1), [1, 0]), v, [0, 0, 0]),
    "the last layer": lambda v: learn.fit_last_layer(uat.MLP((1, 1), [1, 0]), v, [0, 0, 0]),
    "the share of hits": lambda v: learn.accuracy(v, [1, 1, 1]),
}


@pytest.mark.parametrize(
    ("values", "place", "offender"),
    [
        (BIG + np.array([0, 3, 6]), "[1]", BIG + 3),
        ([BIG, BIG + 2, BIG + 3], "[2]", BIG + 3),
        ([-0.5, BIG + 1, 3], "[1]", BIG + 1),  # NumPy takes integers beside floats for floats
        ([-1, 0, 2**63 + 1], "[2]", 2**63 + 1),
        (np.array([0, 1, 2**64 - 1], np.uint64), "[2]", 2**64 - 1),
        (np.array([1 - 2**63, 1, 2]), "[0]", 1 - 2**63),
        (words([0, 1, 10**30]), "[2]", 10**30),
        (words([np.int64(BIG + 1), 1, 2]), "[0]", BIG + 1),
        ([0, 1, Fraction(1, 3)], "[2]", Fraction(1, 3)),
        ([0, Decimal("0.1"), 2], "[1]", Decimal("0.1")),
        (np.array([0, 1, 4], np.longdouble) / 3, "[1]", np.longdouble(1) / 3),
        ([0, 1, np.longdouble(1) / 3], "[2]", np.longdouble(1) / 3),
    ],
)
def test_what_float64_does_not_hold_is_named_and_not_rounded(values: Any, place: str, offender: Any) -> None:
    for name, door in (DOORS | dict.fromkeys(AT, None)).items():
        named = "x" if door is None else name
        sentence = f"`{named}` must be exact in float64, but {named}{place} = {show(offender)} is no float64; "
        with pytest.raises(InputError, match="^" + re.escape(sentence)):
            (AT[name] if door is None else door)(values)


@pytest.mark.parametrize("value", [BIG + 1, np.int64(BIG + 1), np.array(BIG + 1), Fraction(1, 3), np.longdouble(1) / 3])
def test_single_numbers_that_float64_does_not_hold(value: Any) -> None:
    doors: dict[str, Callable[[], Any]] = {
        "tol": lambda: uat.narrowest(np.sin, (0, 1), tol=value),
        "b": lambda: uat.certify(np.sin, (0, 0), (0, value)),
        "output_bias": lambda: uat.ReluNet([1], [1], [1], value),
        "x": lambda: LINE(value),
    }
    for name, door in doors.items():
        with pytest.raises(InputError, match=f"^`{name}` must be exact in float64, but "):
            door()


def test_what_float64_holds_passes_whatever_it_is_made_of() -> None:
    for x in (
        [0, 2**60, 2**63], np.array([-(2**63), 0, 2**62]), np.array([0, 2**63, 2**64 - 2**11], np.uint64),
        words([2**70, 10**22, Fraction(2**80)]), [Decimal("-0.5"), np.longdouble(0.1), Fraction(1, 4)],
        np.array([0.1, 0.2, 0.3], np.float32), np.array([0.1, 0.2, 0.3], ">f8"), [0.5, BIG, BIG + 2],
    ):  # fmt: skip
        p = uat.PiecewiseAffine(x, [0, 1, 2])
        assert p.knots.tolist() == [float(v) for v in x]
        assert p(x).tolist() == [0, 1, 2]
    assert LINE(np.array([True, False])).tolist() == [2.0, 1.0]


def test_masks_are_seen_at_every_door_also_in_parts_of_a_list() -> None:
    for name, door in DOORS.items():
        with pytest.raises(InputError, match=rf"^`{name}` must have all its entries, but {name}\[1\] is masked\.$"):
            door([1.0, np.ma.masked, 2.0])
    for name in ("a perceptron", "fit", "the gradient", "the last layer", "the share of hits"):
        with pytest.raises(InputError, match=r"^`x` must have all its entries, but x\[1\] is masked\.$"):
            AT[name](MASKED)
    wide = uat.MLP((3, 1), [1, 1, 1, 0])
    with pytest.raises(InputError, match=r"^`x` must have all its entries, but x\[1\]\[1\] is masked\.$"):
        wide([np.ma.array([1.0, 2, 3]), MASKED])
    with pytest.raises(InputError, match=r"^`x` must have all its entries, but x\[0, 1\] is masked\.$"):
        wide(MASKED[None, :])
    with pytest.raises(InputError, match=r"^`output_bias` must be a finite real number, but is masked"):
        uat.ReluNet([1], [1], [1], np.ma.array(5.0, mask=True))
    seen = np.ma.array([0.0, 1, 2], mask=False)  # nothing is hidden
    assert uat.narrowest((seen, seen), tol=0.1).pieces == 1
    np.testing.assert_array_equal(Formula("2*x")(MASKED), [0, np.nan, 4])


class Column:
    """An array of another library, with a mask of its own, as pandas has them for integers that may be missing."""

    def __init__(self, values: list[Any], mask: list[bool]) -> None:
        self.values, self._mask = values, np.array(mask)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.array([None if hidden else v for v, hidden in zip(self.values, self._mask, strict=True)], dtype)


def test_columns_with_missing_values() -> None:
    hole, whole, big = (
        Column([0, 1, 2], [False, True, False]), Column([0, 1, 2], [False] * 3), Column([0, BIG + 1, 2], [False] * 3)
    )  # fmt: skip
    doors = {"a line": LINE, "a network": NET, "fit": AT["fit"], "data": lambda v: uat.narrowest((v, [1, 2, 3]), tol=1)}
    for door in doors.values():
        door(whole)
        with pytest.raises(InputError, match=r"^`x` must have all its entries, but x\[1\] is masked"):
            door(hole)
        with pytest.raises(InputError, match=r"^`x` must be exact in float64, but x\[1\] = 9007199254740993 is no"):
            door(big)


@pytest.mark.parametrize("x", [words([None, 1.0]), words(["1", 1.0]), ["1", "2"], [1j, 0], [np.datetime64("2020")], {}])
def test_samples_are_numbers(x: Any) -> None:
    with pytest.raises(InputError, match=r"^`x` must be an array of real numbers, but is "):
        uat.MLP((1, 1), [1, 0])(x)


class Poem:
    def __repr__(self) -> str:
        return "roses\n  are\r\nred\x85\u2028" * 3


@pytest.mark.parametrize(
    "offender",
    [np.arange(30).reshape(5, 6), np.eye(40), Poem(), {"a": np.zeros((3, 3))}, "two\nlines", "x" * 10_000],
    ids=["array", "large array", "object", "dictionary", "text", "long text"],
)
def test_a_sentence_is_one_line_of_bounded_length(offender: Any) -> None:
    doors: list[Callable[[], Any]] = [
        lambda: uat.approximate("x", (0, 1), tol=offender),
        lambda: uat.approximate(offender, (0, 1), tol=0.1),
        lambda: uat.approximate("x", (0, 1), tol=0.1, method=offender),
        lambda: uat.narrowest("x", offender, tol=0.1),
        lambda: uat.load(offender),
        lambda: uat.MLP.initialize(offender),
        lambda: uat.learn.Adam(offender),
    ]
    for door in doors:
        with pytest.raises(InputError) as refused:
            door()
        sentence = str(refused.value)
        assert len(sentence.splitlines()) == 1
        assert len(sentence) <= 700


def test_what_others_say_is_quoted_in_one_line_and_a_long_sentence_keeps_its_beginning_and_its_end() -> None:
    said = str(InputError("`f` must run, but said: " + "no,  never\n" * 1000 + "and so on."))
    assert len(said) <= 700
    assert said.startswith("`f` must run, but said: no,  never no,  never ")
    assert said.endswith(" never and so on.")
    assert str(InputError("a")) == "a"


class Tensor:
    """As PyTorch's with a gradient: it lets nobody read its numbers, and says what to do."""

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")

    def __float__(self) -> float:
        raise RuntimeError("no")


def test_a_tensor_with_a_gradient_is_refused_with_its_own_advice() -> None:
    t, p, m = Tensor(), uat.interpolate(np.sin, 0, 1, 3), uat.MLP.initialize([1, 2, 1], rng=0)
    for build in (lambda: uat.PiecewiseAffine(t, [0, 1]), lambda: p(t), lambda: m(t), lambda: uat.ReluNet([1], [0], t),
                  lambda: learn.fit(m, t, t), lambda: uat.narrowest((t, t), tol=0.1)):  # fmt: skip
        with pytest.raises(uat.InputError, match=r"but is .*Tensor.*Use tensor.detach\(\).numpy\(\) instead\)\."):
            build()
    with pytest.raises(uat.InputError, match=r"`b` must be a finite real number, but is .* \(RuntimeError: no\)"):
        uat.interpolate(np.sin, 0, t, pieces=3)


def test_one_of_a_thing_is_singular() -> None:
    assert "(1 piece " in repr(uat.PiecewiseAffine([0, 1], [0, 1]))
    one = uat.narrowest("x", (0, 1), tol=0.1)
    assert "Narrowest(1 piece, " in repr(one)
    assert ": 1 piece, 2 neurons," in repr(uat.approximate("x", (0, 1), tol=0.1))
    assert "at least 1 is needed." in str(replace(one, proven=False))


def test_a_note_becomes_a_sentence_of_its_own() -> None:
    said = str(replace(uat.narrowest("x", (0, 1), tol=0.1), note="the search was stopped"))
    assert said.endswith(". The search was stopped.")
