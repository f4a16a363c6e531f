"""`find --ask`: put on a terminal one after another; elsewhere printed with the option that replies."""

import json
import os
import pty
import sys

import pytest

from moviesearch import MovieSearch
from moviesearch.cli import asking
from moviesearch.request import Reply, Request

WORDS = "two people on a boat"


@pytest.fixture
def find(run, bundled_store):
    return lambda *arguments: run("find", "--store", bundled_store, *arguments)


def test_elsewhere_the_question_is_printed_with_the_option_that_replies(find):
    result = find("--ask", "--format", "csv", WORDS)
    asked = result.stderr.splitlines()[-1]
    assert "? For a better answer, ask again and add --reply " in asked
    option = asked.partition("--reply ")[2].partition("=yes")[0].strip("'")
    again = find("--ask", "--format", "csv", "--reply", f"{option}=yes", WORDS)
    assert again.exit_code == 0
    assert asked not in again.stderr
    assert again.stdout != result.stdout


def test_json_has_the_question(find):
    question = json.loads(find("--ask", "--format", "json", WORDS).stdout)["question"]
    assert sorted(question) == ["key", "text"]
    assert "question" not in json.loads(find("--format", "json", WORDS).stdout)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--reply", "word:ship"], "is no reply"),
        (["--reply", "word:nothing=yes"], "no question's key"),
        (["--reply", "word:ship=yes", "--exact"], "don't count with --exact"),
        (["--ask", "--exact"], "does not go with --exact"),
        (["--ask", "--intent", "similar"], "does not go with films like others"),
    ],
)
def test_what_can_not_be_taken_is_said(find, arguments, said):
    result = find(*arguments, WORDS)
    assert (result.exit_code, said in result.stderr) == (2, True), result.stderr


# --- on a terminal -------------------------------------------------------------------------------------------------


@pytest.fixture
def terminal(monkeypatch):
    """terminal("y\n"): standard input and error are a terminal from now on, at which somebody has typed this."""
    theirs, ours = pty.openpty()

    def typed(keys):
        monkeypatch.setattr(sys, "stdin", os.fdopen(ours, closefd=False))
        monkeypatch.setattr(sys, "stderr", os.fdopen(ours, "w", closefd=False))
        os.write(theirs, keys.encode())

    yield typed
    for file in (theirs, ours):
        os.close(file)


@pytest.fixture
def asked(bundled_store, terminal):
    """What was asked and replied, once somebody has typed some keys."""

    def after(keys):
        terminal(keys)
        assert asking.on_terminal()
        with MovieSearch(bundled_store) as search:
            given = []
            find, search.find = search.find, lambda request: given.append(request.replies) or find(request)
            answer = asking.answered(search, Request(plots=(WORDS,), ask=True))
            return given[-1], answer

    return after


def test_three_questions_are_put_at_most(asked):
    replies, answer = asked("y\n\nn\ny\ny\n")
    assert [reply.value for reply in replies] == ["yes", "unknown", "no"][: len(replies)]
    assert answer.question is None
    assert answer.matches


@pytest.mark.parametrize("keys", ["n\nq\n", "n\n\x04", "nonsense\nn\nq\n"])
def test_whoever_has_had_enough_gets_the_answer(asked, keys):
    replies, answer = asked(keys)
    assert [reply.value for reply in replies] == ["no"]
    assert len(answer.matches) == 10


def test_an_interrupt_ends_the_questions_and_shows_the_answer(asked, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("click.termui.visible_prompt_func", interrupted)
    replies, answer = asked("")
    assert replies == ()
    assert len(answer.matches) == 10


def test_the_key_of_a_reply_is_quoted_for_the_shell():
    question = type("Question", (), {"key": "country:south korea", "text": "Was it made in South Korea?"})
    assert "--reply 'country:south korea=yes'" in asking.how_to_reply(question)
    assert Reply("country:south korea", "yes") == asking.reply_of("country:south korea=yes")
