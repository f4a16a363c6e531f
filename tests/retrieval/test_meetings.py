"""Which words of a question met which words of a plot."""

import numpy as np
import pytest
from support.hash_encoder import SETTING, HashEncoder

from moviesearch import Movie, MovieSearch
from moviesearch.config import Settings
from moviesearch.embedding.late_interaction import QueryTokens
from moviesearch.request import Request
from moviesearch.retrieval.meetings import meetings

LONG = " ".join(f"Sentence{number} tells of nothing much here." for number in range(20))
FILMS = [
    Movie("cleaner", "The Mop", "A Janitor cleans floors and solves theorems.", 1997, ("Drama",)),
    Movie("long", "Ages", f"{LONG} A gardener digs tunnels. {LONG}", 1950, ("War",)),
    Movie("other", "Elsewhere", "Bakers quarrel over bread.", 1980, ("Comedy",)),
]


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    with MovieSearch(tmp_path_factory.mktemp("meetings"), encoder=HashEncoder()) as search:
        search.ingest(FILMS, setting=SETTING)
        yield search


def met(search, *plots, explain=True, **wishes):
    match = search.find(Request(plots=plots, explain=explain, **wishes)).matches[0]
    return match.movie.id, sorted(map(str, match.meetings))


def test_words_of_plot_and_title_that_are_the_same(films):
    assert met(films, "janitor theorems tortoise") == ("cleaner", ["Janitor", "theorems"])
    assert met(films, "the mop floors") == ("cleaner", ["Mop", "The", "floors"])


def test_words_in_one_passage_of_a_long_plot(films):
    film, words = met(films, "gardener digs tunnels")
    assert (film, words) == ("long", ["digs", "gardener", "tunnels"])


def test_words_of_several_texts_and_none_twice(films):
    assert met(films, "janitor theorems janitor", "floors janitor") == ("cleaner", ["Janitor", "floors", "theorems"])


def test_six_at_most(films):
    _, words = met(films, "a janitor cleans floors and solves theorems the mop")
    assert len(words) == len(set(words)) == 6


def test_none_where_no_tokens_are_compared(films):
    assert met(films, "janitor theorems", explain=False)[1] == []
    assert met(films, "janitor theorems", mode="dense")[1] == []
    assert met(films, "janitor theorems", mode="lexical")[1] == []


def asked(*tokens):
    """Tokens given as (word, weight, similarity with each of three tokens of the passage)."""
    words, weights, rows = zip(*tokens, strict=True)
    weights = np.array(weights, np.float32)
    return QueryTokens(np.array(rows, np.float32) / 127, weights / weights.sum(), words)


TEXT = "Floor - Mopped floors"
SPANS = [(8, 11), (11, 14), (15, 21)]
TOKENS = (np.eye(3, dtype=np.int8) * 127).view(np.uint8)


def pairs(*tokens, spans=SPANS):
    return [str(meeting) for meeting in meetings([asked(*tokens)], TOKENS, TEXT, spans)]


def test_pieces_are_shown_as_whole_words():
    assert pairs(("janitor", 1, (0.7, 0.1, 0.1)), ("janitor", 1, (0.1, 0.1, 0.8))) == ["janitor ~ Mopped floors"]
    assert pairs(("janitor", 1, (0.7, 0.1, 0.1)), ("janitor", 1, (0.1, 0.8, 0.1))) == ["janitor ~ Mopped"]
    assert pairs(("janitor", 1, (0.9, 0.1, 0.1)), ("janitor", 1, (0.1, 0.1, 0.3))) == ["janitor ~ Mopped"]
    assert pairs(("mopped", 1, (0.7, 0.1, 0.1)), ("mopped", 1, (0.1, 0.1, 0.6))) == ["Mopped"]


def test_the_pairs_that_count_most_come_first_and_little_ones_not_at_all():
    wet, floor, of = ("wet", 2, (0.6, 0, 0)), ("floor", 2, (0, 0, 0.9)), ("of", 0.1, (0.9, 0, 0))
    assert pairs(wet, floor, of, ("sky", 2, (0.1, 0.3, 0.2))) == ["floor ~ floors", "wet ~ Mopped"]


def test_marks_are_no_words():
    assert pairs(("floor", 1, (0, 0, 0.9)), ("floor,", 1, (0.9, 0, 0))) == ["floor ~ floors"]
    assert pairs(("!", 1, (0, 0, 0.9))) == []


def test_nothing_where_the_text_is_another():
    assert pairs(("floor", 1, (0, 0, 0.9)), spans=SPANS[:2]) == []


def test_bundled_model_brings_like_words_together(bundled_store):
    with MovieSearch(settings=Settings(store=str(bundled_store))) as search:
        plot = "a boxer trains by running up stairs and hitting frozen meat"
        matches = search.find(Request(plots=(plot,), explain=True)).matches
    rocky = next(match for match in matches if match.movie.id == "rocky-1976")
    words = {meeting.asked: meeting.found for meeting in rocky.meetings}
    assert words.items() >= {"boxer": "boxer", "meat": "meat"}.items()
    assert any(asked != found for asked, found in words.items())
    assert not words.keys() & {"a", "by", "up", "and"}
    assert all(0.35 <= meeting.similarity <= 1 for meeting in rocky.meetings)
