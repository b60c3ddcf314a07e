"""`uat sweep`: constructed networks beside learned ones, from the shell."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from click.core import ParameterSource

from uat._checks import InputError
from uat.cli_options import NUMBER, debugging


@click.command(short_help="Constructed networks beside learned ones, over widths and seeds.")
@click.argument("functions", nargs=-1)
@click.option("--on", "domain", nargs=2, type=NUMBER, metavar="A B", help="The interval; a target keeps its own.")
@click.option("--widths", default="4:32:2x", show_default=True, help="As 8,16,32 or 4:128:2x (doubling) or 4:20:4.")
@click.option("--methods", default="uniform,narrowest,adam,varpro", show_default=True, help="Separated by commas.")
@click.option("--seeds", default=5, show_default=True, help="Random starts of every learned method.")
@click.option("--budget", default=10_000, show_default=True, help="Steps of a learned method, all in all.")
@click.option("--store", metavar="FILE", help="Keep rows in this SQLite file as they come; those there are not redone.")
@click.option("--resume", metavar="FILE", help="Finish the sweeps of a store, and name nothing else.")
@click.option("--workers", type=int, help="Processes: 1 for this one alone.")
@click.option("--dask", metavar="ADDRESS", help="Run on a Dask cluster: tcp://host:port, or local.")
@click.option("--plot", metavar="FILE", help="Draw error against width (.png, .svg, .pdf).")
@click.option("--over", metavar="METHOD", help="Give errors as multiples of this method's; narrowest's are the least.")
@click.option("--csv", "csv_file", metavar="FILE", help="Write the rows as CSV.")
@debugging
def sweep(
    functions: tuple[str, ...],
    domain: tuple[float, float] | None,
    widths: str,
    methods: str,
    store: str | None,
    resume: str | None,
    workers: int | None,
    dask: str | None,
    plot: str | None,
    over: str | None,
    csv_file: str | None,
    **numbers: int,
) -> None:
    """Train and construct networks of the same widths for FUNCTIONS and compare how far each is from its function.

    A network that cannot be made stops none of the others: it is named at the end, with the reason, and the exit code
    is 1.

    \b
    uat sweep "sin(x)" --on 0 2*pi --widths 4:64:2x --methods uniform,narrowest,adam --store runs.sqlite --plot out.svg
    uat sweep --resume runs.sqlite
    """
    from contextlib import ExitStack

    from uat import compare
    from uat._files import different, writable
    from uat.compare.executors import Serial, last_warning
    from uat.compare.limits import limits_of
    from uat.compare.runs import width_list
    from uat.compare.table import csv_path
    from uat.draw.style import picture_suffix, save
    from uat.targets import TARGETS

    if bool(functions) == bool(resume):
        raise InputError("exactly one of FUNCTIONS and `--resume` must be given.")
    if resume and (extra := _given(_ASKED)):
        raise InputError(f"`{extra}` must not be given with `--resume`: the store knows what was asked.")
    if dask and workers:
        raise InputError("`--workers` must not be given with `--dask`: the cluster has workers of its own.")
    if over and functions and over not in methods.split(","):
        raise InputError(f"`--over` must be among the methods {methods}, but is {over!r}.")
    different(store=store, resume=resume, plot=plot, csv=csv_file)
    if csv_file:
        csv_path(csv_file, "--csv")
    if plot:
        writable(plot)
        picture_suffix(plot)
    warnings.simplefilter("ignore", compare.FailedRowsWarning)  # they are listed at the end
    with _pointing_to(store or resume), last_warning(), ExitStack() as running:
        executor: Any = None
        if dask:
            executor = running.enter_context(compare.dask(dask))
        elif workers is not None:
            executor = Serial() if workers == 1 else running.enter_context(compare.process_pool(workers))
        if resume:
            table = compare.resume(resume, executor=executor, progress=True)
        else:
            # a target has an interval of its own, where what it declares holds
            given = [f if domain is None or f.strip().lower() in TARGETS else (f, domain) for f in functions]
            if domain is not None and given == list(functions):
                raise InputError(
                    f"`--on` must be left out where there are targets only, which have intervals of their own; for "
                    f"{functions[0]!r} on another write its formula, {TARGETS[functions[0].strip().lower()].formula!r}."
                )
            table = compare.sweep(
                given, width_list(widths), methods.split(","), executor=executor, store=store, progress=True, **numbers
            )
    if over and len(table):
        table = table.over(over)
    if csv_file:
        table.to_csv(csv_file)
    if plot and len(table):
        from uat.draw.comparison import figure_of

        save(figure_of(table, limits_of), plot)
    _print_table(table)
    if table.failures:
        sys.exit(1)


@contextmanager
def _pointing_to(kept: str | None) -> Iterator[None]:
    """After Ctrl-C, where the rows are that were made, and how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        if kept:
            click.echo(f"uat: the rows that were made are in {kept}: go on with `uat sweep --resume {kept}`.", err=True)
        raise


_ASKED = {"domain": "--on"} | {name: f"--{name}" for name in ("widths", "methods", "seeds", "budget", "store")}


def _given(names: dict[str, str]) -> str:
    """The first of these options that stands on the command line."""
    source = click.get_current_context().get_parameter_source
    return next((option for name, option in names.items() if source(name) == ParameterSource.COMMANDLINE), "")


def _print_table(table: Any) -> None:
    """Medians and spreads on stdout, with gaps where nothing could be made; on stderr what these are, and why."""
    from collections import Counter

    columns = "{:<16} {:>8} {:>8} {:<14} {:>5} {:>7} {:>5} {:>11} {:>11} {:>11}{}"
    error = f"/ {table.unit}" if table.unit else "sup error"
    identity = ("function", "a", "b", "method", "width", "budget")
    click.echo(columns.format(*identity, "seeds", error, "least", "largest", ""))

    def line(which: Any, *rest: Any) -> None:
        name, a, b, *others = which
        short = name if len(name) <= 16 else name[:13] + "..."
        click.echo(columns.format(short, f"{a:.5g}", f"{b:.5g}", *others, *rest))

    for group in table.median_by_width():
        numbers = (f"{group[name]:.4g}" for name in ("median", "low", "high"))
        status = "" if group["proven"] else "  (estimated)"
        line((group[name] for name in identity), group["seeds"], *numbers, status)
    failures = Counter(tuple(one[name] for name in (*identity, "outcome")) for one in table.failures)
    for (*which, _), count in failures.items():
        line(which, count, "-", "-", "-", "  (failed)")
    for (function, _, _, method, width, _, outcome), count in failures.items():
        seeds = f" ({count} seeds)" if count > 1 else ""
        reason = outcome.removeprefix("Failed: ")
        click.echo(f"uat: failed: {function}, {method}, width {width}{seeds}: {reason}", err=True)
