"""Kinds of plots and tables that cannot be made: the others are, and a sentence names what was left out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from trackers.errors import UserError
from trackers.stderr import print_stderr
from trackers.wording import agree


class LeftOut:
    """Collects the kinds that one command was asked for and could not make."""

    def __init__(self) -> None:
        self._kinds: dict[str, list[str]] = {}  # by reason

    @contextmanager
    def instead_of_failing(self, kind: str) -> Iterator[None]:
        """Leaves a kind out if making it raises a `UserError`."""
        try:
            yield
        except UserError as error:
            self._kinds.setdefault(str(error), []).append(kind)

    def report(self, made: int) -> int:
        """Names what was left out, with the reasons, on standard error.

        Args:
            made: how many kinds were made.

        Returns:
            The exit status: 0 if nothing was left out, else 1.

        Raises:
            UserError: nothing was made.
        """
        if not made:
            if len(self._kinds) == 1:
                raise UserError(next(iter(self._kinds)))
            reasons = [f"{', '.join(kinds)}: {reason}" for reason, kinds in self._kinds.items()]
            raise UserError("; ".join(reasons) or "these results have none of these kinds")
        for reason, kinds in self._kinds.items():
            print_stderr(f"{', '.join(kinds)} {agree(len(kinds), 'is', 'are')} left out: {reason}")
        return 1 if self._kinds else 0
