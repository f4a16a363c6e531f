"""The console script. Help is printed from a file, since importing click alone takes longer than Python's start."""

import os
import sys


def main() -> None:
    """Run `moviesearch`."""
    told = sys.argv[1:]
    if told and told[-1] in ("--help", "-h") and len(told) < 3 and (len(told) == 1 or told[0].isalpha()):
        page = told[0] if len(told) == 2 else "moviesearch"
        path = os.path.join(os.path.dirname(__file__), "data", "help", f"{page}.txt")
        if os.path.isfile(path):
            with open(path, encoding="utf-8") as file:
                sys.stdout.write(file.read())
            return
    from .cli.main import main as run

    try:
        run()
    except SystemExit as end:
        _leave(end.code)


def _leave(code: str | int | None) -> None:
    """End the process: all is closed and written by now, and Python's own tidying up takes 0.2 s."""
    if isinstance(code, str):
        sys.stderr.write(f"{code}\n")
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue
    os._exit(code if isinstance(code, int) else 1 if code else 0)


if __name__ == "__main__":
    main()
