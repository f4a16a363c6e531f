"""Questions asked back on the command line: put on a terminal one after another, else printed with how to reply."""

from __future__ import annotations

import shlex
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from moviesearch.request import Reply, Request, Said, reply_of

if TYPE_CHECKING:
    from moviesearch.records import Answer, Question
    from moviesearch.search import MovieSearch

_SAID: dict[str, Said] = {"y": "yes", "yes": "yes", "n": "no", "no": "no", "": "unknown", "?": "unknown"}
_ENOUGH = ("q", "quit", "exit")


def replies_given(ctx: click.Context, option: click.Parameter, values: tuple[str, ...]) -> tuple[Reply, ...]:
    """The values of --reply, read."""
    return tuple(map(reply_of, values))


def check_ask(request: Request) -> None:
    """Raise UsageError where --ask can't ask."""
    if request.ask and (request.exact or request.rerank or request.similar):
        other = "--exact" if request.exact else "--rerank" if request.rerank else "films like others"
        raise click.UsageError(f"--ask asks about the one film that is meant, and does not go with {other}")


def on_terminal() -> bool:
    """Whether somebody is there to be asked."""
    return bool(sys.stdin and sys.stdin.isatty() and sys.stderr and sys.stderr.isatty())


def answered(search: MovieSearch, request: Request) -> Answer:
    """The answer, once the person at the terminal was asked; they may end that at any time."""
    answer = search.find(request)
    if answer.question:
        click.echo('y for yes, n for no, Enter for "I don\'t know", q to see the films now', err=True)
    while question := answer.question:
        said = _asked(question)
        if said is None:
            break
        request = replace(request, replies=(*request.replies, Reply(question.key, said)))
        answer = search.find(request)
    return answer


def _asked(question: Question) -> Said | None:
    """What the person says to a question; None where they have had enough of them."""
    while True:
        try:
            words = click.prompt(question.text, default="", show_default=False, prompt_suffix=" ", err=True)
        except click.Abort:  # Ctrl-C, or the end of the input
            click.echo(err=True)
            return None
        word = words.strip().lower()
        if word in _ENOUGH:
            return None
        if word in _SAID:
            return _SAID[word]
        click.echo("y, n, Enter or q?", err=True)


def how_to_reply(question: Question) -> str:
    """A question with the option that replies to it, for people."""
    option = f"--reply {shlex.quote(f'{question.key}=yes')}"
    return f"{question.text} For a better answer, ask again and add {option} (or =no, =unknown)"
