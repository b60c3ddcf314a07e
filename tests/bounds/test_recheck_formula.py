"""The checker's evaluator at its edges: what is undefined stays undefined, and no small text takes time or memory."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from flint import arb, arb_series

from uat.bounds.recheck_formula import DEEPEST, LONGEST, Formula, FormulaError
from uat.bounds.recheck_rules import ALIASES, ARITIES, RANGES

NOTHING = "log(x - 2)"  # on (0, 1)


def nowhere_defined(text: str) -> bool:
    """Neither a ball, an interval nor a point has a value, and no series either."""
    f = Formula(text)
    images = [f.range(arb(0.5)), f.range(arb(0.5, 0.25)), f.hull(arb(0.25), arb(0.75))]
    series = [f.series(arb_series([x, 1], 3)) for x in (arb(0.5), arb(0.5, 0.25))]
    return not any(image.is_finite() for image in images) and series == [None, None]


@pytest.mark.parametrize("name", sorted({*RANGES, *ALIASES}))
@pytest.mark.parametrize("nothing", [NOTHING, "sqrt(x - 2)", "1/(x - x)", "log(-1)", "arcsin(2 + x)", "(x - 2)**0.5"])
def test_no_function_makes_something_of_nothing(name: str, nothing: str) -> None:
    arity = ARITIES[ALIASES.get(name, name)]
    for place in range(arity):
        arguments = [nothing if k == place else "0.5" for k in range(arity)]
        assert nowhere_defined(f"{name}({', '.join(arguments)}) + 5")
    assert nowhere_defined(f"{name}({', '.join([nothing] * arity)})")


@pytest.mark.parametrize(
    "text",
    [
        "0*{}",
        "{}*0",
        "({})**0",
        "0**({})",
        "1**({})",
        "({}) % 1",
        "1 % ({})",
        "x - x + 0*({})",
        "+({})",
        "0/({})",
        "where({} > 0, 1, 2)",
        "where({} == {}, 1, 2)",
        "where(~({} < 1), 1, 2)",
        "where((x > 5) & ({} > 0), 1, 2)",
        "where((x < 5) | ({} > 0), 1, 2)",
        "where(x < 5, {}, 2)",
        "where(x < 0.5, {}, 2) + where(x < 0.5, 2, {})",
        "({} > 0) + 1",
        "({} != 0)*0",
        "xlogy(0, {})",
        "xlogy({}, {})",
        "heaviside({}, 0.5) + 5",
        "0*x/(x - x)",  # flint's series 0 divides by anything
        "0*x % (x - x)",
        "1/(0*x)**2",
        "(0*x)**-1",
    ],
    ids=lambda text: text[:40],
)
def test_no_operation_makes_something_of_nothing(text: str) -> None:
    assert nowhere_defined(text.replace("{}", NOTHING))


def test_a_branch_that_is_not_taken_need_not_be_defined() -> None:
    assert Formula("where(x > 2, log(x - 2), 7)").range(arb(0.5, 0.25)) == 7


@pytest.mark.parametrize(
    "text",
    [
        "2**(2**(2**40))*x",
        "2**(2**(2**36))*x",
        "x**(2**65)",
        "x**1e30",
        "x**-1e300",
        "1e999999999**1e999999999*x",
        "gamma(1e999999999)*x",
        "gamma(-1e999999999)*x",
        "gammaln(1e999999999)*x",
        "digamma(-1e99 + 0.5)*x",
        "j0(1e99999*x)",
        "exp(exp(exp(exp(exp(x)))))",
        "floor(1e999999999*x)",
        "sin(1e999999999*x)",
        "erf(1e99999*x)",
        "tan(1e99999 + x)",
        "x % 1e-999999999",
        "((x**(2**63))**(2**63))**(2**63)",
        "cbrt(2**(2**63))*x",
        "sinc(1e99999*x)",
        "".join("2.5**(0.5*" for _ in range(49)) + "x" + ")" * 49,
        "".join("1.5**(" for _ in range(60)) + "0.5" + ")" * 60,
        "+".join(["x"] * 4000),
        "(" * 3000 + "x" + ")" * 3000,
        "-" * 9000 + "x",
        "1" * 9000 + "*x",
        "0." + "1" * 9000 + "*x",
        "1e" + "9" * 5000,
        "**".join(["x"] * 90),
        "**".join(["2"] * 90),
    ],
    ids=lambda text: text[:40],
)
def test_no_text_takes_long(text: str) -> None:
    """A value or a sentence, at once."""
    start = time.process_time()
    with suppress(FormulaError):
        f = Formula(text)
        f.range(arb(0.5))
        f.hull(arb(0.25), arb(0.75))
        f.series(arb_series([arb(0.5, 0.25), 1], 3))
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    "text",
    [
        "x # + 1",
        "x + '1'",
        "x\\\n+ 1",
        "ｘ",
        "x + 0x10",
        "1_000*x",
        "x + 1j",
        "True*x",
        "x + 0b1",
        "sin(x, 1)",
        "sin()",
        "x if x else 1",
        "max(x > 0, x > 1) + (x > 2)",
        "where(x > 0, x > 1, x > 2) + (x > 3)",
        "x in (1, 2)",
        "1 < x < 2",
        "x" + " " * LONGEST,
        "sin(" * (DEEPEST + 5) + "x" + ")" * (DEEPEST + 5),
        "x is x",
        "clip(x, 1)",
        "where(x, 1, 2)",
    ],
    ids=lambda text: text[:40],
)
def test_what_an_expression_does_not_hold_is_no_formula(text: str) -> None:
    with pytest.raises(FormulaError):
        Formula(text).range(arb(0.5))


def test_nothing_times_a_logarithm_is_nothing_where_its_argument_is() -> None:
    assert Formula("xlogy(0, x - 0.5)").range(arb(0.5)) == 0
    assert Formula("xlogy(0, x - 2)").range(arb(0.5, 0.25)) == 0  # as SciPy has it


def test_the_deepest_expression_is_read() -> None:
    text = "sin(" * (DEEPEST - 1) + "x" + ")" * (DEEPEST - 1)
    assert Formula(text).range(arb(0.5)).is_finite()


def test_time_is_asked_for_at_every_step() -> None:
    asked: list[int] = []
    Formula("sin(x)*exp(x) + x", look=lambda: asked.append(1)).range(arb(0.5))
    assert len(asked) >= 4


def test_what_is_granted_of_a_constant_is_not_forgotten() -> None:
    f = Formula("x + sqrt(0.1 + 0.2 - 0.3)")
    assert f.range(arb(0.5)).is_finite()
    assert f.clipped


@pytest.mark.parametrize(
    "guard", ["x >= 0", "~(x < 0)", "0 <= x", "(x <= 1) & (x >= 0)", "~(x > 1)", "x < hex('0x1.8p+0')"]
)
def test_a_guard_holds_up_to_the_end_of_the_domain(guard: str) -> None:
    f = Formula(f"given({guard}, x*x)")
    assert f.hull(arb(0), arb(0.3)).is_finite()
    assert f.hull(arb(0.3), arb(1)).is_finite()
    assert not f.hull(arb(-1), arb(2)).is_finite()


def test_what_is_no_number_may_stand_where_it_is_not_reached() -> None:
    for text in ("hex('nan')", "hex('inf')", "hex('-inf')*0"):
        assert Formula(f"where(x > 2, {text}, x)").hull(arb(0), arb(1)).is_finite()
        assert nowhere_defined(f"where(x > 0.5, {text}, {text})")
        assert nowhere_defined(f"where({text} > 0.5, 1, 2)")
    with pytest.raises(FormulaError, match="is no float"):
        Formula("hex('0x..p+0')")


def test_many_parts_are_read_in_their_number() -> None:
    parts = "".join(f"; t{k + 1} = t{k}*0.5 + t{k}*0.25" for k in range(20_000))
    started = time.monotonic()
    assert Formula(f"t0 = x*0.5{parts}; t20000").hull(arb(0), arb(1)).is_finite()
    assert time.monotonic() - started < 10  # squares of their number take a minute
