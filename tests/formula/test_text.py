"""Formulas: what they compute, what they refuse and in which words, and how they run on exact numbers."""

from __future__ import annotations

import contextlib
import math
import operator
import pickle
import subprocess
import sys
import threading
import time
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import scipy.special
from hypothesis import assume, given
from hypothesis import strategies as st

from uat import InputError
from uat.formula import Formula
from uat.formula.node import Graph, Node
from uat.formula.parsing import DEEPEST, LONGEST, constant
from uat.formula.vocabulary import FUNCTIONS, TABLES

X = np.array([[0.25, 0.5, 0.75], [1.0, 2.0, 3.5]])
special = scipy.special

VALUES = {
    "x": X,
    "sin(x)/x": np.sin(X) / X,
    "exp(-100*(x-2)**2)": np.exp(-100 * (X - 2) ** 2),
    "abs(x-1/3)": abs(X - 1 / 3),
    "-x**2": -(X**2),
    "2**-x": 2**-X,
    "x**2**3": X**8,
    "x**-2": 1 / X**2,
    "x**2.5": X**2.5,
    "x**(1/3)": X ** (1 / 3),
    "x % 2 - +1": X % 2 - 1,
    "cos(2*pi*x) + e": np.cos(2 * np.pi * X) + math.e,
    "1e-3*x + .5 - 5.": 1e-3 * X + 0.5 - 5,
    "where(x < 1, x, 1/x)": np.where(X < 1, X, 1 / X),
    "where((x >= .5) & ~(x == 2) | (x > 3), 1, -1)": np.where((X >= 0.5) & (X != 2) | (X > 3), 1.0, -1.0),
    "x*(x > 1) - (x <= 1)": X * (X > 1) - 1.0 * (X <= 1),
    "-(x != 2)": -1.0 * (X != 2),
    "clip(x, 0.5, 2)": np.clip(X, 0.5, 2),
    "max(x, 1) + min(x, 1)": X + 1,
    "relu(x - 1)": np.maximum(X - 1, 0),
    "softplus(x)": np.log1p(np.exp(X)),
    "sigmoid(x)": 1 / (1 + np.exp(-X)),
    "ln(x) + fabs(-x)": np.log(X) + X,
    "atan2(x, 2) + asin(x/4)": np.arctan2(X, 2) + np.arcsin(X / 4),
    "erf(x) + gamma(x) + lgamma(x)": special.erf(X) + special.gamma(X) + special.gammaln(X),
    "digamma(x) + xlogy(x, x) + j0(x)": special.digamma(X) + special.xlogy(X, X) + special.j0(X),
    "  sin( x )\n + 1 ": np.sin(X) + 1,
}


@pytest.mark.parametrize("text", VALUES)
def test_values(text: str) -> None:
    # 1e-14: some ulps, for the twin may order its operations otherwise
    np.testing.assert_allclose(Formula(text)(X), VALUES[text], rtol=1e-14)


@pytest.mark.parametrize("name", sorted({*FUNCTIONS} - {*TABLES}))
def test_every_listed_function_is_the_librarys(name: str) -> None:
    """Called with as many arguments as the error for none of them asks for."""
    with pytest.raises(InputError, match=rf"`expression` must give {name} \d arguments?,") as error:
        Formula(f"{name}()")
    arity = int(str(error.value).split(f"give {name} ")[1][0])
    arguments = ["x < 1", "x", "2"][:arity] if name in ("where", "given") else ["x", "0.5", "2"][:arity]
    value = Formula(f"{name}({', '.join(arguments)})")(X[0])
    twins = {
        "relu": lambda x: np.maximum(x, 0),
        "softplus": lambda x: np.log(1 + np.exp(x)),
        "where": lambda x, y, z: np.where(X[0] < 1, x, z),
        "given": lambda x, y: np.where(X[0] < 1, x, np.nan),
        "square": np.square,
        "ln": np.log,
        "min": np.minimum,
        "max": np.maximum,
        "lgamma": special.gammaln,
        "sigmoid": special.expit,
        **{f"a{t}": getattr(np, f"arc{t}") for t in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "tan2")},
    }
    twin = twins.get(name) or getattr(np, name, None) or getattr(special, name)
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(value, twin(*(X[0], 0.5, 2.0)[:arity]), rtol=1e-14)


@given(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3), st.sampled_from(["+", "-", "*", "/"]))
def test_arithmetic_is_pythons(x: float, y: float, sign: str) -> None:
    text = f"x {sign} ({y!r})"
    if "/" in text and y == 0:
        return
    assert Formula(text)(x) == {"+": x + y, "-": x - y, "*": x * y, "/": x / y if y else 0}[sign]


@pytest.mark.parametrize("shape", [(), (0,), (1,), (5,), (2, 3), (2, 0, 3)])
@pytest.mark.parametrize("text", ["x", "1", "pi", "x > 1", "sin(x)", "where(x > 1, 1, 0)"])
def test_shape_is_kept(text: str, shape: tuple[int, ...]) -> None:
    x = np.full(shape, 2)
    value = Formula(text)(x)
    assert type(value) is np.ndarray
    assert value.shape == shape
    assert value.dtype == np.float64
    assert value.flags.writeable
    assert not np.shares_memory(value, x)


def test_the_identity_is_a_copy() -> None:
    x = np.ones(3)
    assert not np.shares_memory(Formula("x")(x), x)


@pytest.mark.parametrize("x", [2, 2.0, np.float64(2), np.float32(2), np.int64(2)])
def test_numbers_give_floats(x: Any) -> None:
    assert type(Formula("x**2")(x)) is float
    assert Formula("x**2")(x) == 4.0
    assert type(Formula("1")(x)) is float


def test_lists_and_fractions_are_arrays_of_floats() -> None:
    assert Formula("2*x")([1, 2]).tolist() == [2.0, 4.0]
    assert Formula("2*x")(np.array([Fraction(1, 2)])).tolist() == [1.0]


@pytest.mark.parametrize("x", [1j, "1", None, np.array([1j]), [[1], [1, 2]], {}])
def test_x_must_be_real(x: Any) -> None:
    with pytest.raises(InputError, match="`x` must be real numbers, but is "):
        Formula("x")(x)


def test_singularities_are_values_without_warnings() -> None:
    assert Formula("1/x")(0.0) == math.inf
    assert math.isnan(Formula("sqrt(x)")(-1.0))
    assert Formula("where(x > 0, log(x), 0)")(np.array([-1.0, 1.0])).tolist() == [0.0, 0.0]


def test_another_variable() -> None:
    f = Formula("t**2", variable="t")
    assert f(3.0) == 9.0
    assert repr(f) == "Formula('t**2', 't')"
    assert f != Formula("x**2")
    with pytest.raises(
        InputError, match=r"`expression` must be a formula in 't', but contains 'x'; the variable is t\."
    ):
        Formula("x", variable="t")


@pytest.mark.parametrize("name", ["sin", "pi", "1x", "a b", "", "lambda", 3, "π"])
def test_variables_that_cannot_be(name: Any) -> None:
    with pytest.raises(InputError, match="`variable` must "):
        Formula("1", variable=name)


def test_equality_hash_repr_str_and_pickle() -> None:
    f = Formula(" sin(x) /\n x ")
    assert str(f) == "sin(x) / x"
    assert repr(f) == "Formula('sin(x) / x')"
    assert f == Formula("sin(x)/x")  # the same graph
    assert f != Formula("sin(x)/(x + 0)")
    assert f != "sin(x) / x"
    assert len({f, Formula(str(f)), Formula("sin(x)/x")}) == 1
    again = pickle.loads(pickle.dumps(f))
    assert again == f
    assert str(again) == str(f)
    assert again(1.0) == math.sin(1.0)
    assert len(pickle.dumps(f)) < 200  # the text, and no graph


def test_it_is_frozen() -> None:
    with pytest.raises(AttributeError):
        Formula("x").text = "1"  # type: ignore[misc]  # that is the point


def test_equal_parts_are_one_node() -> None:
    assert Formula("sin(x)*cos(x) + sin(x)").nodes == (
        Node("variable"),
        Node("sin", (0,)),
        Node("cos", (0,)),
        Node("multiply", (1, 2)),
        Node("add", (3, 1)),
    )
    assert Formula("x + 0.5 - .5") == Formula("x + 5e-1 - 0.50")  # decimals that are floats, however they are written


@pytest.mark.parametrize("text", [*VALUES, "given(x > 0, log(x))", "-(-x)", "2 - -3*x", "(-2)**x", "x**(x**2)**0.1"])
def test_what_is_printed_reads_back(text: str) -> None:
    f = Formula(text)
    bare = Formula._made(f.nodes, f.variables)  # without the text that was typed
    assert Formula(str(bare)) == f
    assert f.to_latex().count("{") == f.to_latex().count("}")
    np.testing.assert_array_equal(bare(X), f(X))


REFUSED = {
    "": "must be a formula, but is empty",
    " \n ": "must be a formula, but is empty",
    "x +": r"must be a formula, but is 'x \+' \(invalid syntax\)",
    "(x": r"must be a formula, but is '\(x'",
    "007": "must be a formula, but is '007' .*leading zeros",
    "y": r"must be a formula in 'x', but contains 'y'; the variable is x\.",
    "X": r"must be a formula in 'x', but contains 'X'; the variable is x\.",
    "sine(x)": r"contains 'sine'; did you mean 'sin'\?",
    "Sqrt(x)": r"contains 'Sqrt'; did you mean 'sqrt'\?",
    "sin x": r"must give sin its argument in brackets, as sin\(x\), but contains sin x",
    "2 sin(x)": r"must write every product with \*, as 2\*sin\(...\), but contains 2 sin",
    "1 + log 2": r"must give log its argument in brackets, as log\(2\), but contains log 2",
    "quux(x)": "contains 'quux'; known are pi, e, abs, .*xlogy",
    "__class__": "contains '__class__'",
    "sin": r"must give sin its argument, as sin\(x\)",
    "sin()": r"must give sin 1 argument, but contains sin\(\)",
    "1 + sin(x, x)": r"must give sin 1 argument, but contains sin\(x, x\)",
    "clip(x, 1)": r"must give clip 3 arguments, but contains clip\(x, 1\)",
    "min(x, 1, 2)": "must give min 2 arguments",
    "2x": r"must write every product with \*, as 2\*x",
    "2 x": r"as 2\*x",
    "2pi": r"as 2\*pi",
    "x 2": r"as x\*2",
    "2(x + 1)": r"as 2\*\(",
    "(x + 1)(x - 1)": r"as \)\*\(",
    "(x)x": r"as \)\*x",
    "x(x + 1)": r"as x\*\(\.\.\.\)",
    "pi(x)": r"as pi\*\(\.\.\.\)",
    "1j": r"as 1\*j",
    "1_000": r"as 1\*_000",
    "x^2": r"contains '\^'; a power is written with \*\*",
    "x = 1": "contains '='; there are no assignments",
    "x = 1; x": "must give every part a name of its own, but names 'x' twice",
    "t = x; t = 2; t": "must give every part a name of its own, but names 't' twice",
    "sin = x; sin": "`variable` must not be the name of a function",
    "t = x;": "must be a formula, but is empty",
    "hex('1')": 'contains "\'"',
    'hex("0x1p+9999")': "overflows",
    "hex('0x..p+0')": "must contain floats in hex",
    "hex = x; hex": "`variable` must not be the name of a function",
    "1e-9999999999*x": "must contain exponents of nine digits at most",
    "x := 1": "contains ':'",
    "sin(x=1)": "contains '='; there are no assignments and no keyword arguments",
    "x; x": "contains ';'; a formula is one expression",
    "x.real": "contains '.'; names have no attributes",
    "np.sin(x)": "contains '.'; names have no attributes: write sin, not np.sin",
    "().__class__.__bases__": "contains '.'",
    "x[0]": r"contains '\['",
    "{x}": "contains '{'",
    "'a'*9": 'contains "\'"',
    "__import__('os')": 'contains "\'"',
    "x!": "contains '!'",
    "x @ x": "contains '@'",
    "x\0": r"contains '\\x00'",
    "π*x": "contains 'π'",
    "２*x": "contains '２'",
    "lambda: 1": "contains 'lambda'",
    "(x for x in x)": "contains 'for'",
    "x if x else 1": r"contains 'if'; cases are written where\(condition, a, b\)",
    "x and x": "contains 'and'; .* conditions are joined by & and |",
    "not x": "contains 'not'",
    "1in x": "contains 'in'",
    "True": "contains 'True'",
    "await x": "contains 'await'",
    "x, x": "must be a formula for one number, but contains x, x",
    "()": r"must be a formula for one number, but contains \(\)",
    "sin(*x)": r"must be a formula for one number, but contains \*x",
    "x // 2": "must be a formula for one number, but contains x // 2",
    "x << 2": "must be a formula for one number, but contains x << 2",
    "0 < x < 1": r"must compare two numbers at a time, as in \(0 < x\) & \(x < 1\), but contains 0 < x < 1",
    "where(x, 1, 2)": r"must have conditions .* but has x there",
    "x & 1": "must have conditions .* but has x there",
    "x > 0 & x < 1": "must compare two numbers at a time",
    "~x": "must have conditions .* but has x there",
    "9**9**9": r"must be made of finite numbers, but 9\*\*9\*\*9 overflows or is not defined",
    "x + 1/9**9**9": r"9\*\*9\*\*9 overflows",
    "2**99999999999999999999": r"2\*\*99999999999999999999 overflows",
    "1e400": "must contain finite numbers, but '1e400' overflows",
    "9" * 5000: "must contain finite numbers, but '99999",
    "x*log(0)": r"log\(0\) overflows or is not defined",
    "sqrt(-1)": r"sqrt\(-1\) overflows or is not defined",
    "1/0 + x": "1/0 overflows or is not defined",
    "+".join("x" * (DEEPEST + 1)): f"must be nested at most {DEEPEST} deep",
    "sin(" * 150 + "x" + ")" * 150: f"must be nested at most {DEEPEST} deep",
    "-" * 9999 + "x": f"must be nested at most {DEEPEST} deep",
    "(" * 4999 + "x" + ")" * 4999: "must be a formula, but is .*too many nested parentheses",
    "1+" * 5000: "must be a formula, but is|must be nested at most",
    "x" * (LONGEST + 1): "must have at most 10000 characters, but has 10001",
}


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: repr(text[:20]))
def test_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(InputError, match=REFUSED[text]) as error:
        Formula(text)
    sentence = str(error.value)
    assert sentence.startswith(("`expression` must ", "`variable` must "))
    assert sentence.endswith((".", "?"))
    assert len(sentence) < 700  # the offender is shortened


def test_tiny_decimals_are_read_at_once() -> None:
    started = time.monotonic()
    assert Formula("1e-999999999*x")(1.0) == 0.0
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("exp(x)**2", r"\left(e^{x}\right)^{2}"),  # e^{x}^{2} is no LaTeX
        ("(x/3)**2", r"\left(\frac{x}{3}\right)^{2}"),
        ("x*-x", r"x \, \left(-x\right)"),
        ("x**-1", "x^{-1}"),
        ("hypot(x + 1, 2)", r"\sqrt{ \left(x + 1\right)^2 + 2^2 }"),
        ("floor_divide(x + 1, 2)", r"\left\lfloor \left(x + 1\right) / 2 \right\rfloor"),
        ("minimum(x, hex('-inf'))", r"\min\left(x, -\infty\right)"),
    ],
)
def test_latex_has_the_brackets_that_it_needs(text: str, latex: str) -> None:
    assert Formula(text).to_latex() == latex


def test_quotes_of_both_kinds_are_one_text() -> None:
    assert str(Formula('hex("0x1.8p+3")*x')) == "hex('0x1.8p+3')*x"


@pytest.mark.parametrize(
    "text", ["x" + "+x" * 9999 + "-interp", "interp(" + "x," * 9999 + "x)", "interp" + "(1)" * 9999]
)
def test_only_the_numbers_of_tables_are_many(text: str) -> None:
    with pytest.raises(InputError, match="must have at most 10000 characters"):
        Formula(text)
    knots = ", ".join(map(str, range(5000)))
    assert Formula(f"interp(x, ({knots}), ({knots}))")(0.5) == 0.5


def test_names_of_parts_are_not_those_of_variables() -> None:
    graph = Graph()
    x, y, z = (graph.add("variable", value=float(k)) for k in range(3))
    square = graph.add("multiply", graph.add("add", graph.add("add", x, y), z), z)
    formula = graph.formula(graph.add("add", square, square), ("t1", "t_1", "t"))
    assert Formula(str(formula), ("t1", "t_1", "t")) == formula


def test_ten_megabytes_are_refused_unread() -> None:
    with pytest.raises(InputError, match="must have at most 8000000 characters, but has 10000000") as error:
        Formula("9" * 10**7)
    assert len(str(error.value)) < 100


@pytest.mark.parametrize("text", [None, 3, b"x", ["x"]])
def test_a_formula_is_a_string(text: Any) -> None:
    with pytest.raises(InputError, match="`expression` must be a string, but is "):
        Formula(text)


def test_the_deepest_formula_still_runs() -> None:
    n = DEEPEST - 1
    assert Formula("sin(" * n + "x" + ")" * n)(0.0) == 0.0
    assert Formula("+".join("x" * DEEPEST))(1.0) == DEEPEST


@given(st.text(alphabet="x0129.e+-*/%()<>=&|~, sincowhrepi^[]'\"_\\lmbda:!", max_size=40))
def test_any_text_is_a_function_or_a_sentence(text: str) -> None:
    """No other exception, and no warning: warnings are errors here."""
    with contextlib.suppress(InputError):
        f = Formula(text)
        assert isinstance(f(0.5), float)
        assert f == pickle.loads(pickle.dumps(f))
        assert f == Formula(str(Formula._made(f.nodes, f.variables)))


FORMULAS = st.recursive(
    st.sampled_from(["x", "x", "1.0", "0.5", "3.0", "pi"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "%", "**"]), inner).map("({0[0]} {0[1]} {0[2]})".format),
        st.tuples(st.sampled_from(["sin", "exp", "sqrt", "abs", "arctan", "-", "+"]), inner).map(
            "{0[0]}({0[1]})".format
        ),
        st.tuples(inner, st.sampled_from("<>"), inner, inner).map("where({0[0]} {0[1]} {0[2]}, {0[3]}, x)".format),
        st.tuples(inner, inner).map("minimum({0[0]}, {0[1]})".format),
    ),
    max_leaves=12,
)


@given(FORMULAS)
def test_random_formulas_agree_with_python_itself(text: str) -> None:
    """The twin is Python's own eval, with NumPy's names: on formulas that this file made, it is safe."""
    try:
        f = Formula(text)
    except InputError as error:
        assume("overflows or is not defined" not in str(error))
        raise
    x = np.linspace(-2, 3, 11)
    with np.errstate(all="ignore"):
        twin = eval(text, {**vars(np), "x": x})
    # NumPy's power of one number and of an array may differ in the last place
    np.testing.assert_allclose(f(x), np.broadcast_to(twin, x.shape), rtol=1e-12, atol=0)


@pytest.mark.parametrize(
    ("text", "value"),
    [("2*pi", 2 * math.pi), ("-1e-3", -1e-3), ("1/3", 1 / 3), ("sqrt(2)", math.sqrt(2)), ("-e", -math.e), ("3", 3.0)],
)
def test_constants(text: str, value: float) -> None:
    assert constant(text) == value
    assert type(constant(text)) is float


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("2*x", r"`expression` must be a number without variables, but contains 'x'\."),
        ("nan", "but contains 'nan'"),
        ("inf", "but contains 'inf'"),
        ("1/0", "1/0 overflows or is not defined"),
        ("1e308*10", r"1e308\*10 overflows"),
        ("", "is empty"),
        ("sin", r"must give sin its argument"),
        (2.0, "must be a string"),
    ],
)
def test_constants_that_are_none(text: Any, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        constant(text)


def in_fractions(f: Formula, x: Fraction) -> Any:
    """The real number that a formula of rational operations means, by a walk over its nodes."""
    constants = {"pi": Fraction(22, 7), "e": Fraction(19, 7)}
    rules: dict[str, Any] = {
        "add": operator.add,
        "subtract": operator.sub,
        "multiply": operator.mul,
        "divide": operator.truediv,
        "power": lambda a, b: a ** int(b),
        "negative": operator.neg,
        "absolute": abs,
        "less": operator.lt,
        "where": lambda c, a, b: a if c else b,
    }
    values: list[Any] = []
    for node in f.nodes:
        if node.operation == "variable":
            values.append(x)
        elif node.operands:
            values.append(rules[node.operation](*[values[k] for k in node.operands]))
        else:
            values.append(constants.get(str(node.value)) or Fraction(node.value))
    return values[-1]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x", Fraction(1, 7)),
        ("0.1", Fraction(1, 10)),
        ("hex('0x1.999999999999ap-4')", Fraction(0.1)),
        ("x - 1/3", Fraction(1, 7) - Fraction(1, 3)),
        ("x*1e-3 + .5", Fraction(1, 7000) + Fraction(1, 2)),
        ("pi + e*x", Fraction(22, 7) + Fraction(19, 49)),
        ("abs(x - 1)", Fraction(6, 7)),
        ("x**2 - x**-2", Fraction(1, 49) - 49),
        ("where(x < 0.1428571428571428571428571428, 1, 0)", Fraction(0)),
        ("where(x < 0.1428571428571428571428571429, 1, 0)", Fraction(1)),
        ("3 - (x < 1)", Fraction(2)),
        ("t1 = x + 1; t2 = t1*t1; t2 - t1", Fraction(64, 49) - Fraction(8, 7)),
    ],
)
def test_decimals_are_decimal_fractions(text: str, value: Fraction) -> None:
    assert in_fractions(Formula(text), Fraction(1, 7)) == value


def test_threads_may_share_a_formula() -> None:
    f = Formula(" + ".join(["sin(x)*cos(x)"] * 20))
    x = np.linspace(0, 1, 1000)
    wrong: list[float] = []

    def work(shift: float) -> None:
        for _ in range(20):
            if not np.array_equal(f(x + shift), expected[shift]):
                wrong.append(shift)

    expected = {float(s): f(x + s) for s in range(4)}
    threads = [threading.Thread(target=work, args=(s,)) for s in expected]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_an_idle_formula_holds_no_array() -> None:
    f, x = Formula("x + 1"), np.ones(3)
    before = sys.getrefcount(x)
    f(x)
    assert sys.getrefcount(x) == before


def test_scipy_comes_only_when_it_is_named() -> None:
    code = (
        "import sys\nfrom uat import Formula\nf = Formula('sin(x) + exp(-x**2)')\nf(1.0)\n"
        "print('scipy.special' in sys.modules)\nFormula('erf(x)')(1.0)\nprint('scipy.special' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.split() == ["False", "True"]
