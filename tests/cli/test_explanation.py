"""`find --explain`: the words that met, and the passage with whole words marked."""

import io
import json
import re

import pytest
from rich.console import Console

from moviesearch.cli.answer_table import answer_table
from moviesearch.cli.output import answer_text
from moviesearch.records import Answer, Match, Meeting, Movie

MET = (Meeting("janitor", "mops floors", 0.7123), Meeting("uses", "Uses", 1.0))
PLOT = "He refuses what he uses; the re-uses, Uses and usesful things."


@pytest.fixture
def answer():
    match = Match(1, Movie("a", "A", PLOT), 1.0, 0.5, PLOT, words=("uses",), meetings=MET)
    return Answer({}, "hybrid", "hash", 1.0, (match,))


def shown(answer, **options):
    screen = io.StringIO()
    console = Console(file=screen, width=100, force_terminal=True, color_system="standard", _environ={})
    answer_table(answer, console, **options)
    return screen.getvalue()


def test_words_that_met_are_shown_with_explain_alone(answer):
    assert "janitor ~ mops floors · Uses" in shown(answer, explain=True)
    assert "~" not in shown(answer)


def test_whole_words_are_marked(answer):
    marked = re.findall(r"\x1b\[1;33m(.*?)\x1b\[0m", shown(answer, explain=True))
    assert marked == ["uses", "uses", "Uses"]
    assert "refuses" in shown(answer, explain=True)


def test_pairs_are_objects_in_json(answer):
    result = json.loads(answer_text(answer, "jsonl", explain=True))
    assert result["meetings"] == [
        {"asked": "janitor", "found": "mops floors", "similarity": 0.712},
        {"asked": "uses", "found": "Uses", "similarity": 1.0},
    ]
    assert "meetings" not in json.loads(answer_text(answer, "jsonl"))
