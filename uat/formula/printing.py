"""A formula as a text that reads back to an equal graph, and as LaTeX.

Parts that occur twice, and parts of what would nest too deep, get names: ``t1 = sin(x); t1*t1``. A float that a short
decimal literal *is* (0.5, 3) is printed as that; another one as ``hex("0x1.999999999999ap-4")``, exactly.
"""

from __future__ import annotations

from collections import Counter

from uat.formula.node import Formula, Node, exact_decimal
from uat.formula.vocabulary import OPERATIONS, TABLES

_DEEPEST = 30  # levels of a statement; the reader takes 100
_ATOM = 10  # the rank of what needs no brackets


def text(formula: Formula) -> str:
    """The formula as statements with a last expression; see the top of the file."""
    written: list[tuple[str, int, int]] = []  # of each node its text, its rank and its depth
    statements: list[str] = []
    mark = "t"
    while any(name.removeprefix(mark).isdigit() for name in formula.variables):
        mark += "_"
    for node, named in zip(formula.nodes, _named(formula), strict=True):
        line, rank, depth = _written(node, [written[k] for k in node.operands], formula.variables)
        if node.operands and (named or depth > _DEEPEST) and len(written) < len(formula.nodes) - 1:
            name = f"{mark}{len(statements) + 1}"
            statements.append(f"{name} = {line}")
            line, rank, depth = name, _ATOM, 0
        written.append((line, rank, depth))
    return "; ".join([*statements, written[-1][0]])


def _named(formula: Formula) -> list[bool]:
    uses = Counter(k for node in formula.nodes for k in node.operands)
    return [uses[k] > 1 for k in range(len(formula.nodes))]


def number(value: float) -> str:
    """A float64 as a text that is exactly it: its shortest decimal where that is exact, else its binary digits."""
    short = repr(value).removesuffix(".0")
    exact = exact_decimal(short.removeprefix("-")) is not None
    return short if exact else f"hex('{value.hex()}')"


def _written(node: Node, operands: list[tuple[str, int, int]], variables: tuple[str, ...]) -> tuple[str, int, int]:
    operation = node.operation
    if operation == "variable":
        return variables[int(node.value)], _ATOM, 0
    if operation == "decimal":
        return str(node.value), _ATOM, 0
    if operation == "number":
        line = number(float(node.value))
        return line, 7 if line.startswith("-") else _ATOM, 0
    if operation == "truth":
        return "0 == 0" if node.value else "0 != 0", 1, 0
    depth = 1 + max(depth for _, _, depth in operands)
    row = OPERATIONS[operation]
    if operation == "table":
        word = next(word for word, beyond in TABLES.items() if beyond == node.value.beyond)
        columns = (", ".join(map(number, column)) for column in (node.value.knots, node.value.values))
        return f"{word}({operands[0][0]}, {', '.join(f'({column})' for column in columns)})", _ATOM, depth
    if not row.sign:
        return f"{row.word}({', '.join(line for line, _, _ in operands)})", _ATOM, depth
    if row.arity == 1:
        return row.sign + _bracketed(operands[0], row.rank), row.rank, depth
    left, right = operands
    if operation == "power":  # binds to the right, and tighter than a sign before it
        return f"{_bracketed(left, row.rank + 1)}**{_bracketed(right, row.rank)}", row.rank, depth
    space = " " if row.rank <= 5 else ""
    return f"{_bracketed(left, row.rank)}{space}{row.sign}{space}{_bracketed(right, row.rank + 1)}", row.rank, depth


def _bracketed(part: tuple[str, int, int], least: int) -> str:
    line, rank, _ = part
    return line if rank >= least else f"({line})"


def latex(formula: Formula) -> str:
    """The formula in LaTeX's mathematics; what occurs twice is named behind it."""
    written: list[tuple[str, int]] = []
    parts: list[str] = []
    for node, named in zip(formula.nodes, _named(formula), strict=True):
        line, rank = _latex_of(node, [written[k] for k in node.operands], formula.variables)
        if node.operands and named:
            parts.append(f"t_{{{len(parts) + 1}}} = {line}")
            line, rank = f"t_{{{len(parts)}}}", _ATOM
        written.append((line, rank))
    return r",\quad ".join([written[-1][0], *parts])


def _latex_brackets(line: str) -> str:
    return rf"\left({line}\right)"


def _latex_of(node: Node, operands: list[tuple[str, int]], variables: tuple[str, ...]) -> tuple[str, int]:
    operation, rank = node.operation, _ATOM
    if not node.operands:
        if operation == "variable":
            name = variables[int(node.value)]
            return name if len(name) == 1 else rf"\mathit{{{name.replace('_', chr(92) + '_')}}}", _ATOM
        if operation == "truth":
            return rf"\text{{{'true' if node.value else 'false'}}}", _ATOM
        line = str(node.value) if operation == "decimal" else repr(node.value).removesuffix(".0")
        mantissa, _, exponent = line.partition("e")
        if mantissa and exponent:
            return rf"{mantissa} \cdot 10^{{{int(exponent)}}}", 6
        return line.replace("inf", r"\infty").replace("pi", r"\pi"), 7 if line.startswith("-") else _ATOM
    row = OPERATIONS[operation]
    lines = [line for line, _ in operands]
    if row.sign and operation != "divide":
        rank = row.rank
        least = [rank, rank + 1] if operation != "power" else [rank + 1, 0]
        lines = [
            line
            if r >= m and not (line[0] == "-" and 4 < row.rank < 8 and (k or row.arity == 1))
            else _latex_brackets(line)
            for k, ((line, r), m) in enumerate(zip(operands, least, strict=False))
        ]
        if operation == "multiply" and lines[1][:1].isdigit():
            return rf"{lines[0]} \cdot {lines[1]}", rank
    elif operation in ("xlogy", "xlog1py", "hypot", "floor_divide"):  # their operands stand beside a sign
        lines = [line if r > 8 else _latex_brackets(line) for line, r in operands]
        rank = 6
    elif operation in ("divide", "exp", "exp2"):  # brackets where they are raised to a power
        rank = OPERATIONS["power"].rank
    return row.latex.format(*lines), rank
