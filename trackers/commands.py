"""What every command shares: how it reads its options and answers a user's mistake."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import NoReturn

from trackers.errors import UserError


class Parser(argparse.ArgumentParser):
    """An argument parser that answers a mistake with one sentence and exit status 2."""

    def error(self, message: str) -> NoReturn:
        """Prints the sentence and exits."""
        self.exit(2, f"{self.prog}: {message}; see `{self.prog} --help`\n")


Command = Callable[[Sequence[str] | None], int]


def guarded(main: Command) -> Command:
    """Wraps a command so that what a user can put right ends in one sentence, never in a traceback.

    Exit status 2 for wrong usage or missing data, 130 when interrupted. With `SOTBENCH_TRACEBACK=1` in the
    environment the traceback is printed as well, for authors of trackers.
    """

    def command(arguments: Sequence[str] | None = None) -> int:
        try:
            return main(arguments)
        except UserError as error:
            return _say(str(error))
        except BrokenPipeError:
            # Whoever read our output has enough: a closed `| head` is no mistake.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        except OSError as error:
            return _say(f"{error.filename or 'input or output'}: {error.strerror or error}")
        except KeyboardInterrupt:
            print("interrupted; what was finished is kept", file=sys.stderr)
            return 130

    return command


def _say(sentence: str) -> int:
    if os.environ.get("SOTBENCH_TRACEBACK"):
        traceback.print_exc()
    print(f"error: {sentence}", file=sys.stderr)
    return 2
