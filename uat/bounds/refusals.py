"""What ends a proof: refusals, each a sentence, and counted, since f may catch an exception but not the count."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class Refusals:
    """Every refusal that was made so far, counted where it is made: f may catch the exception, not the count.

    One counter for the process, like flint's precision, behind whose lock f runs: f may work in threads of its own.
    """

    def __init__(self) -> None:
        self.count, self.last = 0, ""

    def note(self, sentence: str) -> None:
        self.count, self.last = self.count + 1, sentence

    @contextmanager
    def whatever_is_raised_by(self, name: str) -> Iterator[None]:
        """An error of NumPy's own is a refusal too: floats may not meet it."""
        try:
            yield
        except (NoRuleError, UndecidedError):  # noted where they were made
            raise
        except Exception as error:
            self.note(f"{name} raised {type(error).__name__}: {error}")
            raise


REFUSALS = Refusals()


class NoRuleError(TypeError):
    """The function leaves the world of balls: it does something for which there is no rule."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        REFUSALS.note(sentence)


class UndecidedError(ArithmeticError):
    """A truth value was asked that a ball does not decide; on a smaller ball it may be decided."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        REFUSALS.note(sentence)
