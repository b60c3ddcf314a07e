"""Slow, obvious twins of the corridor sweep, in exact rationals: breadth-first searches over candidate lines."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise

Line = tuple[Fraction, Fraction]  # slope, ordinate at 0
Point = tuple[Fraction, Fraction]


def through(p: Point, q: Point) -> Line:
    slope = (q[1] - p[1]) / (q[0] - p[0])
    return slope, p[1] - slope * p[0]


def lines_through(firsts: Iterable[Point], seconds: Iterable[Point]) -> set[Line]:
    seconds = list(seconds)
    return {through(p, q) for p in firsts for q in seconds if p[0] != q[0]}


def windows_links(x: list[Fraction], lower: list[Fraction], upper: list[Fraction]) -> int:
    """Fewest continuous links through vertical windows, among paths whose links touch an upper and a lower end."""
    n = len(x)
    candidates = lines_through(zip(x, upper, strict=True), zip(x, lower, strict=True))
    stabs = {c: [lo <= c[0] * t + c[1] <= hi for t, lo, hi in zip(x, lower, upper, strict=True)] for c in candidates}

    def run(c: Line, k: int) -> list[tuple[Line, int]]:
        states = []
        while k < n and stabs[c][k]:
            states.append((c, k))
            k += 1
        return states

    seen = {state for c in candidates for state in run(c, 0)}
    front, links = set(seen), 1
    while not any(k == n - 1 for _, k in front):
        new = set()
        for c, k in front:
            for d in candidates:
                before = (c[0] - d[0]) * x[k] + c[1] - d[1]
                after = (c[0] - d[0]) * x[k + 1] + c[1] - d[1]
                if before * after <= 0:
                    new.update(run(d, k + 1))
        front = new - seen
        seen |= new
        links += 1
        assert front, "the windows admit some path"
    return links


def chain_links(x: list[Fraction], lower: list[Fraction], upper: list[Fraction]) -> int:
    """Fewest continuous links between two chains, among paths that turn where lines by vertices and exits cross."""

    def wall(ys: list[Fraction], t: Fraction) -> Fraction:
        k = max(i for i in range(len(x) - 1) if x[i] <= t)
        return ys[k] + (ys[k + 1] - ys[k]) * (t - x[k]) / (x[k + 1] - x[k])

    def exit_after(c: Line, t: Fraction) -> tuple[Fraction, Fraction] | None:
        """Where c, inside at t, leaves the corridor: abscissa, ordinate; None when it reaches the end."""
        stops = [t] + [v for v in x if v > t]
        for a, b in pairwise(stops):
            for sign, ys in ((1, upper), (-1, lower)):
                if sign * (c[0] * b + c[1] - wall(ys, b)) > 0:
                    inside = sign * (wall(ys, a) - c[0] * a - c[1])
                    beyond = sign * (c[0] * b + c[1] - wall(ys, b))
                    e = a + (b - a) * inside / (inside + beyond)
                    return e, c[0] * e + c[1]
        return None

    def inside(c: Line, t: Fraction) -> bool:
        return wall(lower, t) <= c[0] * t + c[1] <= wall(upper, t)

    vertices = list(zip(x, lower, strict=True)) + list(zip(x, upper, strict=True))
    candidates = lines_through(vertices, vertices)
    entries = {(c, x[0]) for c in candidates if inside(c, x[0])}
    seen = set(entries)
    links = 1
    while True:
        ends = {(c, t): exit_after(c, t) for c, t in entries}
        if None in ends.values():
            return links
        candidates |= lines_through([e for e in ends.values() if e], vertices)
        new = set()
        for (c, t), e in ends.items():
            assert e is not None
            for d in candidates:
                if d[0] != c[0]:
                    cross = (d[1] - c[1]) / (c[0] - d[0])
                    if t <= cross <= e[0]:
                        new.add((d, cross))
        entries = new - seen
        seen |= new
        links += 1
        assert entries, "the corridor admits some path"
