"""What is no number is refused by name at every door, also what float() and NumPy take for one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import uat
from uat import InputError

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
        (np.array([0, 1, np.longdouble("1e400")]), "must be finite, but {}[2] = inf."),
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
    with pytest.raises(InputError, match=r"^`pieces` = 1000.* would take .* of memory"):
        uat.narrowest(np.sin, (0, 1), pieces=10**400)


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
