"""`sotbench serve`: a results folder in the browser, up to date while runs go on."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from benchmarks.options import add_data_root, add_results
from trackers.commands import Parser, catch_user_errors
from trackers.errors import UserError, printable

MAX_PORT = 65_535


def port(text: str) -> int:
    """Reads a port for argparse; 0 means any free port."""
    value = int(text)
    if not 0 <= value <= MAX_PORT:
        raise ValueError
    return value


port.__name__ = f"port (0 to {MAX_PORT})"


def parser() -> Parser:
    """Returns the parser of the command line."""
    options = Parser(
        prog="sotbench serve",
        description="Show a results folder in the browser, on this machine only (127.0.0.1): the pages of "
        "`sotbench html`, with frames loaded on demand, and new scores while runs go on.",
        epilog="example: sotbench serve --results results --data-root ~/data",
    )
    add_results(options)
    add_data_root(options)
    options.add_argument(
        "--port", type=port, default=8000, metavar="N", help="(default: 8000; 0: any free port)"
    )
    return options


@catch_user_errors
def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until it is interrupted."""
    chosen = parser().parse_args(arguments)

    from reports.server.handler import open_server
    from reports.server.results_folder import ResultsFolder

    if not chosen.results.is_dir():
        raise UserError(f"there is no folder {chosen.results}; name one with --results")
    try:
        server = open_server(ResultsFolder(chosen.results, chosen.data_root), chosen.port)
    except OSError as error:
        raise UserError(f"port {chosen.port} cannot be used: {error.strerror}; name another --port") from None
    results = printable(str(chosen.results))
    with server:
        print(f"http://127.0.0.1:{server.server_port}/ shows {results}; Ctrl-C ends it", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main(None))
