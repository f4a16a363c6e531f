"""Write each command's --help, 80 columns wide, to moviesearch/data/help/."""

from pathlib import Path

import click

from moviesearch.cli.main import main


def pages() -> dict[str, str]:
    """Help texts by command; 'moviesearch' is the whole."""
    names = ["-h", "--help"]
    top = click.Context(main, info_name="moviesearch", terminal_width=80, help_option_names=names)
    found = {"moviesearch": main.get_help(top)}
    for name, command in main.commands.items():
        context = click.Context(command, info_name=name, parent=top, terminal_width=80)
        found[name] = command.get_help(context)
    return {name: text + "\n" for name, text in found.items()}


if __name__ == "__main__":
    folder = Path(__file__).parent.parent / "moviesearch" / "data" / "help"
    for name, text in pages().items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
