"""The console script. Help is printed from a file, since importing click alone takes longer than Python's start."""

import os
import sys

from .cli.streams import run_process


def main() -> None:
    """Run `moviesearch`."""
    run_process(_run)


def _run() -> None:
    if not _print_help(sys.argv[1:]):
        import gc

        gc.disable()  # what is imported is no garbage: to look for some in it takes a twentieth of a question's time
        from .cli.main import main as run

        run()


def _print_help(arguments: list[str]) -> bool:
    """Print the help that is asked for, if it is one that lies ready as a file; whether it did."""
    command = arguments[0] if len(arguments) == 2 else "moviesearch"
    if not (len(arguments) in (1, 2) and arguments[-1] in ("--help", "-h") and command.isalpha()):
        return False
    path = os.path.join(os.path.dirname(__file__), "data", "help", f"{command}.txt")
    if not os.path.isfile(path):
        return False
    with open(path, encoding="utf-8") as file:
        sys.stdout.write(file.read())
    return True


if __name__ == "__main__":
    main()
