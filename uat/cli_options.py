"""What the commands of the shell share: numbers as a person types them, formulas as first arguments, `--debug`."""

from __future__ import annotations

from typing import Any

import click

from uat._checks import InputError


class Number(click.ParamType[float]):
    """A number as a person types it: 2*pi, -1e-3, sqrt(2)/2."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        from uat.formula.parsing import constant

        if isinstance(value, float):
            return value
        try:
            return constant(value)
        except InputError as error:
            self.fail(str(error), param, ctx)


NUMBER = Number()

debugging = click.option(
    "--debug", is_flag=True, expose_value=False, help="Show the traceback when something goes wrong."
)


class FormulaFirst(click.Command):
    """A command whose first argument may be a formula that begins with a minus sign: "-x**2" names no option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        named = {name for option in self.get_params(ctx) for name in option.opts}
        if args and args[0][0:1] == "-" and args[0][1:2] != "-" and args[0] not in {"-", *named} and "--" not in args:
            args = [*args[1:], "--", args[0]]
        return super().parse_args(ctx, args)
