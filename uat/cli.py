"""The `uat` command: the library's main jobs from the shell.

Results go to stdout, everything else to stderr. Wrong input ends in one sentence and exit code 2, a failure in one
sentence and exit code 1, an interruption in 130; `--debug` shows the traceback instead. A result that is not proven to
keep its tolerance is printed, with a warning and exit code 3. Heavy imports stand inside the commands, so that `uat
--help` answers at once.
"""

from __future__ import annotations

import json
import sys
import warnings
from typing import Any, NoReturn

import click

import uat
from uat import _checks
from uat._checks import InputError


class Number(click.ParamType[float]):
    """A number as a person types it: 2*pi, -1e-3, sqrt(2)/2."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        from uat.expression import constant

        if isinstance(value, float):
            return value
        try:
            return constant(value)
        except InputError as error:
            self.fail(str(error), param, ctx)


NUMBER = Number()


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(uat.__version__, prog_name="uat")
def cli() -> None:
    """The universal approximation theorem as a tool: a function in, an exact ReLU network out, with its error."""


_debug = click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback when something goes wrong.")


class FormulaFirst(click.Command):
    """A command whose first argument may be a formula that begins with a minus sign: "-x**2" names no option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        named = {name for option in self.get_params(ctx) for name in option.opts}
        if args and args[0][0:1] == "-" and args[0][1:2] != "-" and args[0] not in {"-", *named} and "--" not in args:
            args = [*args[1:], "--", args[0]]
        return super().parse_args(ctx, args)


@cli.command(short_help="Build the network for a function.", cls=FormulaFirst)
@click.argument("function")
@click.option("--on", "domain", nargs=2, type=NUMBER, metavar="A B", help="The interval; a target has one of its own.")
@click.option("--tol", type=NUMBER, help="Be within this distance of the function everywhere.")
@click.option("--width", type=int, help="Use this many neurons.")
@click.option("--step", type=NUMBER, help="Use cells of this length, the last one shorter.")
@click.option("--method", default="uniform", show_default=True, help="Or graded, or narrowest: the fewest pieces.")
@click.option("--rtol", type=NUMBER, help="Relative tolerance, beside --tol or instead of it (narrowest).")
@click.option("--side", default="both", show_default=True, help="Or under, over: never cross the function (narrowest).")
@click.option("--breaks", multiple=True, type=NUMBER, metavar="X", help="A knot must stand here; may be repeated.")
@click.option("--seconds", type=NUMBER, help="A budget for the proof.")
@click.option("--form", default="shifted-origin", show_default=True, help="Or output-bias: one neuron less.")
@click.option("--lipschitz", type=NUMBER, help="Declare |f(x) - f(y)| <= L |x - y|, for a proof that needs it.")
@click.option("--plot", metavar="FILE", help="Draw function, network and error (.png, .svg, .pdf).")
@click.option("--save", metavar="FILE", help="Save the network with its certificate as JSON.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, alone on stdout.")
@_debug
def approximate(
    function: str,
    domain: tuple[float, float] | None,
    plot: str | None,
    save: str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Build the network for FUNCTION: a formula in x, a target's name, file.py:function or module:function.

    \b
    uat approximate "sin(x)" --on 0 2*pi --tol 1e-3 --plot sin.png --save sin.json
    uat approximate tanh --width 65
    uat approximate "sqrt(x)" --on 0 1 --tol 1e-3 --method narrowest --side under
    uat approximate model.py:curve --on 0 1 --tol 0.01 --lipschitz 3

    A formula that begins with a minus sign comes first, or after "--".

    Exit code: 0; 3 when the result was found but is not proven to keep --tol or --rtol (time ran out), with a warning;
    2 for wrong input, which is also a tolerance that no continuous function keeps; 1 for a failure; 130 at Ctrl-C.
    """
    from uat._files import writable
    from uat.draw.style import picture_suffix
    from uat.exchange.json_file import json_suffix

    if save:
        json_suffix(save)
    for path in (plot, save):
        if path is not None:
            writable(path)  # before the work, not after it
    if plot:
        picture_suffix(plot)
        if save and writable(plot) == writable(save):
            raise InputError(f"`--plot` and `--save` must name two files, but both are {plot!r}.")
    result = uat.approximate(function, domain, **options)
    code = 3 if result.misses_tolerance else 0
    rows = result.rows()
    if _comparable(result) and not as_json:
        rows.insert(-1, ("other grids", _other_grids(result)))
    if plot:
        result.plot(plot)
    if save:
        result.save(save)
    if as_json:
        report = {"pieces": result.pieces, "neurons": result.width, "plot": plot, "saved": save, **result.to_dict()}
        click.echo(json.dumps(report, allow_nan=False))
        sys.exit(code)
    rows += [(name, path) for name, path in (("picture", plot), ("saved", save)) if path]
    wide = max(len(name) for name, _ in rows)
    for name, text in rows:
        click.echo(f"{click.style(f'{name:<{wide}}', bold=True)}  {text}")
    sys.exit(code)


def _comparable(result: Any) -> bool:
    """Whether grids of interpolants answer the same question: within `tol`, on both sides, of a function without jumps.

    Near a jump the samples of a grid see nothing of the error.
    """
    plain = result.method == "narrowest" and result.tol is not None and result.rtol is None and result.side == "both"
    return (
        plain and result.certificate.proven and not result.misses_tolerance and "jumps" not in result.certificate.note
    )


def _other_grids(result: Any) -> str:
    """What the grids that a rule places need for the same tolerance; counts that are no proof say so."""
    from uat.bounds.modulus import Declared
    from uat.construct.grids import Grids

    nothing, words = Declared(), []
    for method in ("uniform", "graded"):
        a, b = result.domain
        grids = Grids(result.function, a, b, nothing, nothing, result.form, method)
        try:
            p = grids.within_by_samples(result.tol)
        except InputError:
            words.append(f"{method} out of reach")
        else:
            c = grids.by_balls(p)
            by = "" if c.proven and c.upper <= result.tol else " (by samples)"
            words.append(f"{method} {p.pieces} pieces{by}")
    return ", ".join(words)


@cli.command(short_help="List the named functions.")
@_debug
def targets() -> None:
    """List the named functions: name, formula, domain, and what is declared about each."""
    from uat.targets import TARGETS

    wide = max(map(len, TARGETS))
    for name, target in TARGETS.items():
        a, b = target.domain
        click.echo(f"{click.style(f'{name:<{wide}}', bold=True)}  {target.formula}  on [{a:.6g}, {b:.6g}]")
        for fact in target.facts:
            click.echo(f"{'':<{wide}}    {fact.removesuffix(f' (declared by target {name!r})')}")


@cli.command(short_help="Verify a saved network independently.")
@click.argument("file")
@click.option("--seconds", type=NUMBER, default=60.0, show_default=True, help="A budget for the check.")
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as JSON, alone on stdout.")
@_debug
def check(file: str, seconds: float, as_json: bool) -> None:
    """Verify the claims of FILE, which `uat approximate --save` wrote.

    They are that its network is its broken line, and that its certificate is true. The checker shares no code with what
    made the file. Exit code 0 when all holds, else 1.
    """
    from uat.bounds.recheck import recheck

    verdict = recheck(file, _checks.positive(seconds, "seconds"))
    if as_json:
        click.echo(json.dumps({"ok": verdict.ok, "verdict": verdict.sentence}))
    else:
        click.echo(verdict.sentence)
    sys.exit(0 if verdict.ok else 1)


@cli.command(short_help="Constructed networks beside learned ones, over widths and seeds.")
@click.argument("functions", nargs=-1)
@click.option("--on", "domain", nargs=2, type=NUMBER, metavar="A B", help="The interval; a target has one of its own.")
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
@_debug
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
    from uat._files import writable
    from uat.compare.executors import Serial, last_warning
    from uat.compare.limits import limits_of
    from uat.compare.runs import width_list
    from uat.draw.style import picture_suffix, save

    if bool(functions) == bool(resume):
        raise InputError("exactly one of FUNCTIONS and `--resume` must be given.")
    if dask and workers:
        raise InputError("`--workers` must not be given with `--dask`: the cluster has workers of its own.")
    if over and functions and over not in methods.split(","):
        raise InputError(f"`--over` must be among the methods {methods}, but is {over!r}.")
    for path in filter(None, (plot, csv_file)):
        writable(path)
    if plot:
        picture_suffix(plot)
    warnings.simplefilter("ignore", compare.FailedRowsWarning)  # they are listed at the end
    with last_warning(), ExitStack() as running:
        executor: Any = None
        if dask:
            executor = running.enter_context(compare.dask(dask))
        elif workers is not None:
            executor = Serial() if workers == 1 else running.enter_context(compare.process_pool(workers))
        if resume:
            compare.read_table(resume)  # a file that does not exist is no store to begin
            table = compare.resume(resume, executor=executor, progress=True)
        else:
            given = [f if domain is None else (f, domain) for f in functions]
            table = compare.sweep(
                given, width_list(widths), methods.split(","), executor=executor, store=store, progress=True, **numbers
            )
    if csv_file:
        table.to_csv(csv_file)
    if over and len(table):
        table = table.over(over)
    if plot and len(table):
        from uat.draw.comparison import figure_of

        save(figure_of(table, limits_of), plot)
    _print_table(table)
    if table.failures:
        sys.exit(1)


def _print_table(table: Any) -> None:
    """Medians and spreads on stdout, with gaps where nothing could be made; on stderr what these are, and why."""
    from collections import Counter

    columns = "{:<16} {:<14} {:>5} {:>7} {:>5} {:>11} {:>11} {:>11}{}"
    error = f"/ {table.unit}" if table.unit else "sup error"
    click.echo(columns.format("function", "method", "width", "budget", "seeds", error, "least", "largest", ""))

    def line(which: Any, *rest: Any) -> None:
        name, method, width, budget = which
        click.echo(columns.format(name if len(name) <= 16 else name[:13] + "...", method, width, budget, *rest))

    identity = ("function", "method", "width", "budget")
    for group in table.median_by_width():
        numbers = (f"{group[name]:.4g}" for name in ("median", "low", "high"))
        status = "" if group["proven"] else "  (estimated)"
        line((group[name] for name in identity), group["seeds"], *numbers, status)
    failures = Counter(tuple(one[name] for name in (*identity, "outcome")) for one in table.failures)
    for (*which, _), count in failures.items():
        line(which, count, "-", "-", "-", "  (failed)")
    for (function, method, width, _, outcome), count in failures.items():
        seeds = f" ({count} seeds)" if count > 1 else ""
        reason = outcome.removeprefix("Failed: ")
        click.echo(f"uat: failed: {function}, {method}, width {width}{seeds}: {reason}", err=True)


def main() -> NoReturn:
    """Run the command line and turn every ending into an exit code."""
    debug = "--debug" in sys.argv
    warnings.showwarning = _say_warning
    try:
        cli.main(standalone_mode=False)
    except click.exceptions.Abort:  # what click makes of Ctrl-C
        _leave("interrupted.", 130)
    except KeyboardInterrupt:
        _leave("interrupted.", 130)
    except click.NoSuchOption as error:
        hint = (
            "" if error.option_name.startswith("--") else ' (a formula that begins with "-" comes first, or after "--")'
        )
        _leave(f"{error.format_message().rstrip('.')}{hint}.", 2)
    except click.ClickException as error:
        _leave(error.format_message(), 2)
    except InputError as error:
        if debug:
            raise
        _leave(str(error), 2)
    except BrokenPipeError:  # `uat ... | head`
        sys.stderr.close()
        sys.exit(1)
    except Exception as error:
        if debug:
            raise
        _leave(f"failed with {type(error).__name__}: {error} (--debug shows where).", 1)
    sys.exit(0)


def _leave(sentence: str, code: int) -> NoReturn:
    click.echo(f"uat: {sentence}", err=True)
    sys.exit(code)


def _say_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    click.echo(f"uat: warning: {message}", err=True)


if __name__ == "__main__":
    main()
