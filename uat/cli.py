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
from uat._deadline import Deadline
from uat.cli_options import NUMBER, FormulaFirst, debugging
from uat.cli_sweep import sweep

_A_GLANCE = 2.0  # seconds that a comparison nobody asked for may take, or as many as the answer took


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(uat.__version__, prog_name="uat")
def cli() -> None:
    """The universal approximation theorem as a tool: a function in, an exact ReLU network out, with its error."""


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
@debugging
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
    from uat._files import different, writable
    from uat.draw.style import picture_suffix
    from uat.exchange.json_file import json_suffix

    different(plot=plot, save=save)  # all this before the work, not after it
    if save is not None:
        json_suffix(save, "--save")
    if plot is not None:
        writable(plot)
        picture_suffix(plot)
    result = uat.approximate(function, domain, **options)
    code = 3 if result.misses_tolerance else 0
    rows = result.rows()
    if plot:
        result.plot(plot)
    if save:
        result.save(save)
    if _comparable(result) and not as_json:
        rows.insert(-1, ("other grids", _other_grids(result)))
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
    return plain and result.certificate.proven and not result.misses_tolerance and result.certificate.jump is None


def _other_grids(result: Any) -> str:
    """What the grids that a rule places are proven to need for the same tolerance, where a glance tells."""
    from uat.bounds.modulus import Declared
    from uat.construct.grid_search import within
    from uat.construct.grids import Grids

    nothing, words = Declared(), []
    for method in ("uniform", "graded"):
        a, b = result.domain
        deadline = Deadline(max(_A_GLANCE, result.seconds))
        grids = Grids(result.function, a, b, nothing, nothing, result.form, method, deadline=deadline)
        try:
            p, _, c = within(grids, result.tol)
        except InputError:
            words.append(f"{method} out of reach")
        else:
            kept = c.proven and c.upper <= result.tol
            pieces = _checks.count(p.pieces, "piece")
            words.append(f"{method} {pieces}" if kept else f"{method} not found in time")
    return ", ".join(words)


@cli.command(short_help="List the named functions.")
@debugging
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
@debugging
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


cli.add_command(sweep)


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
