"""Films found token by token: a detail counts as much as what a passage tells on the whole."""

import numpy as np
import pytest
from support.hash_encoder import SETTING, HashEncoder, cosine

from moviesearch import Movie, MovieSearch
from moviesearch.embedding.passages import split, whole_film
from moviesearch.request import Filters
from moviesearch.retrieval.ranking import BY_TOKENS

QUESTION = "gardener digs tunnels castle"
DETAIL = "Nobody in this sleepy town knows why late at night a gardener leaves home and digs tunnels below the castle."

TELLING = Movie("telling", "Mole", DETAIL, 1970, ("Drama",))
NEAR = Movie("near", "Castle", "Castle, castle, castle. Castle!", 1970, ("War",))
LONG = Movie("long", "Saga", f"Tunnels, tunnels, tunnels, and a gardener. {DETAIL}", 1990)
CROWD = [Movie(f"c{n}", f"Crowd {n}", f"The gardener number{n} and his tunnels.", 1950) for n in range(12)]
CROWD += [Movie(f"d{n}", f"Dull {n}", f"A baker{n} walks home.", 1950) for n in range(30)]
FILMS = [*CROWD, TELLING, NEAR, LONG]


class WithoutTokens(HashEncoder):
    """An encoder that gives no token vectors, of the same vectors."""

    token_digest = None
    has_query_encoder = False

    def encode_query(self, pieces):
        return self.encode(pieces), None


@pytest.fixture(scope="module")
def by_tokens(tmp_path_factory):
    with MovieSearch(tmp_path_factory.mktemp("tokens"), encoder=HashEncoder()) as search:
        search.ingest(FILMS, setting=SETTING)
        yield search


@pytest.fixture(scope="module")
def without_tokens(tmp_path_factory):
    with MovieSearch(tmp_path_factory.mktemp("bare"), encoder=WithoutTokens()) as search:
        search.ingest(FILMS, setting=SETTING)
        yield search


def found(search, *plots, **wishes):
    return {match.movie.id: match for match in search.find(plots, limit=100, **wishes).matches}


def order(search, *plots, among=("telling", "near"), **wishes):
    return [film for film in found(search, *plots, **wishes) if film in among]


def late(match, *questions):
    """The score by late interaction of the passage that is shown, worked out for itself."""
    encoder = HashEncoder()
    tokens = encoder.tokens(whole_film(match.movie.title, match.passage))
    asked = [encoder.encode_query([question])[1] for question in questions]
    return np.mean([question.scores(tokens, np.array([0, len(tokens)]))[0] for question in asked])


def test_the_film_with_all_telling_words_comes_before_one_that_is_near_on_the_whole(by_tokens, without_tokens):
    assert order(without_tokens, QUESTION) == ["near", "telling"]
    assert order(by_tokens, QUESTION) == ["telling", "near"]


def test_so_it_does_under_filters(by_tokens):
    assert order(by_tokens, QUESTION, filters=Filters(year_from=1960)) == ["telling", "near"]
    assert order(by_tokens, QUESTION, filters=Filters(genres=("war",))) == ["near"]


def test_the_passage_shown_is_the_best_token_by_token(by_tokens, without_tokens):
    first, second = split(LONG, HashEncoder().tokenize, SETTING)
    asked = HashEncoder().vector(QUESTION)
    near, detail = (cosine(asked, HashEncoder().vector(text)) for text in (first, second))
    assert near > detail

    assert whole_film(LONG.title, found(without_tokens, QUESTION)["long"].passage) == first
    match = found(by_tokens, QUESTION)["long"]
    assert whole_film(LONG.title, match.passage) == second
    assert match.cosine == pytest.approx(near, abs=1e-5)


@pytest.mark.parametrize("questions", [["zebra quagga"], ["zebra quagga", "okapi"]])
def test_the_score_is_worked_out_by_hand(by_tokens, without_tokens, questions):
    # Words of no film, so that none has a share.
    bare, with_tokens = found(without_tokens, *questions), found(by_tokens, *questions)
    assert bare.keys() == with_tokens.keys() == {film.id for film in FILMS}
    for film, match in with_tokens.items():
        assert match.score == pytest.approx(match.cosine + BY_TOKENS.late * late(match, *questions), abs=1e-4)
        assert bare[film].score == pytest.approx(match.cosine, abs=1e-5)


def answer(search, **wishes):
    matches = found(search, QUESTION, **wishes).values()
    return [(match.movie.id, round(match.score, 4), match.passage) for match in matches]


@pytest.mark.parametrize("wishes", [{"mode": "dense"}, {"mode": "lexical"}, {"exact": True}])
def test_other_ways_compare_no_tokens(by_tokens, without_tokens, wishes):
    assert answer(by_tokens, **wishes) == answer(without_tokens, **wishes)


@pytest.mark.parametrize("plots", [[], [QUESTION]])
def test_films_like_others_are_found_without_tokens(by_tokens, without_tokens, plots):
    like, like_without = (
        [
            (match.movie.id, round(match.score, 4))
            for match in search.find(plots, films=["telling"], intent="similar", limit=100).matches
        ]
        for search in (by_tokens, without_tokens)
    )
    assert like == like_without
    assert len(like) == len(FILMS) - 1


def test_without_the_token_index_the_answer_is_as_before(search, without_tokens):
    search.ingest(FILMS, setting=SETTING)
    assert answer(search) != answer(without_tokens)

    search._collection.drop_token_index()

    assert answer(search) == answer(without_tokens)
    assert search.find([QUESTION]).confidence is None
