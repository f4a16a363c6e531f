"""How sure an answer is of itself, and what is said where it isn't."""

import json
import math

import pytest
from support.hash_encoder import SETTING, HashEncoder

from moviesearch import Movie, MovieSearch
from moviesearch.config import Settings
from moviesearch.request import Filters
from moviesearch.retrieval import confidence
from moviesearch.retrieval.confidence import LEAST, POOR, UNLIKELY, can_tell, features, is_unlikely, sentence
from moviesearch.retrieval.ranking import Evidence, Ranked

NOT_HERE, POORLY = "The film that you mean is probably not in this collection.", "None of these fits well."
STORIES = [f"The baker{n} walks home and meets a friend{n} by the river{n}." for n in range(40)]
FILMS = [Movie(f"film-{n}", f"Title {n}", story, 1950 + n) for n, story in enumerate(STORIES)]
ONE = "baker7 friend7 river7"
ALL_ALIKE = "walks home and meets"
NONE = "zebra quagga okapi"


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    with MovieSearch(tmp_path_factory.mktemp("sure"), encoder=HashEncoder()) as search:
        search.ingest(FILMS, setting=SETTING)
        yield search


def sure(search, *plots, **wishes):
    return search.find(plots, **wishes).confidence


def test_more_sure_where_one_film_stands_out(films):
    one, alike, none = (sure(films, question) for question in (ONE, ALL_ALIKE, NONE))

    assert min(alike, none) >= 0
    assert 2 * max(alike, none) < one <= 1


def test_less_sure_without_the_film_that_is_meant(films):
    with_it = sure(films, ONE)
    assert sure(films, ONE, seen=[("Title 7", None)]) < with_it
    assert sure(films, ONE, filters=Filters(year_from=1958)) < with_it


def test_how_many_are_shown_changes_nothing(films):
    assert sure(films, ONE, limit=1) == sure(films, ONE, limit=20) == sure(films, ONE, diverse=True)


@pytest.mark.parametrize("wishes", [{"mode": "dense"}, {"mode": "lexical"}, {"exact": True}])
def test_none_where_no_tokens_are_compared(films, wishes):
    answer = films.find([NONE], **wishes)
    assert answer.confidence is None
    assert not {NOT_HERE, POORLY} & set(answer.notes)


def test_none_where_no_single_film_is_meant(films):
    assert films.find(films=["film-7"]).confidence is None
    assert sure(films, ONE, intent="similar") is None
    assert sure(films, ONE, films=["film-8"], intent="similar") is None


def test_none_for_few_films(search):
    search.ingest(FILMS[: LEAST - 1], setting=SETTING)
    assert sure(search, ONE) is None
    search.ingest(FILMS[LEAST - 1 : LEAST], setting=SETTING)
    assert sure(search, ONE) is not None


def test_none_where_filters_leave_few_films(films):
    assert sure(films, ONE, filters=Filters(year_from=1970)) is None


def ranking(*films):
    """The films of an answer, given as (score, cosine, share, late); the rest are LEAST films of (1, .2, None, .1)."""
    return [
        Ranked(f"film-{n}", score, Evidence(f"film-{n}", cosine, share, late=late))
        for n, (score, cosine, share, late) in enumerate([*films, *[(1.0, 0.2, None, 0.1)] * LEAST])
    ]


def test_what_tells_how_sure_an_answer_is_worked_out_by_hand():
    found = features(ranking((5.0, 0.6, 0.8, 0.5), (3.0, None, 0.9, 0.7)), tokens=6, films=1000)

    # Of the nine that follow the first, one has a score of 3, a share of .9 and .7 by late interaction.
    assert found == pytest.approx(
        [5 - 3, 5 - 11 / 9, 0.5, 0.8, 0.6, 0.7 - 1.5 / 9, 0.8 - 0.9 / 9, math.log(6), math.log(1000)]
    )


def test_only_the_first_films_tell():
    first = ranking((5.0, 0.6, 0.8, 0.5))
    better_behind = [*first[:LEAST], *ranking((9.0, 0.9, 0.9, 0.9))]
    assert features(first, 1, 1).tolist() == features(better_behind, 1, 1).tolist()
    assert can_tell(first)
    assert not can_tell(first[: LEAST - 1])
    assert not can_tell(ranking((5.0, 0.6, 0.8, None)))


def test_low_chances_are_told_in_words(films):
    assert {NOT_HERE, POORLY} & {*films.find([NONE]).notes}
    assert films.find([ONE]).notes == ()


@pytest.mark.parametrize(
    "chance, said",
    [
        (None, None),
        (0.0, NOT_HERE),
        (UNLIKELY - 0.01, NOT_HERE),
        (UNLIKELY, POORLY),
        (POOR - 0.01, POORLY),
        (POOR, None),
        (1.0, None),
    ],
)
def test_words_for_a_chance(chance, said):
    assert sentence(chance) == said
    assert is_unlikely(chance) == (said == NOT_HERE)


# on the command line, with the bundled model; how sure it is depends on what was fitted, so the bounds are moved

ELSEWHERE = "a film that is not here yet comes from Wikipedia with `moviesearch fetch TITLE`"
SURE, POOR_ONLY, UNSURE = (0.0, 0.0), (0.0, 2.0), (2.0, 2.0)


@pytest.fixture(scope="module")
def store(tmp_path_factory, model_cache):
    folder = str(tmp_path_factory.mktemp("store") / "store")
    with MovieSearch(settings=Settings(store=folder, cache=model_cache)) as search:
        search.ingest(FILMS)
    return folder


@pytest.fixture
def find(run, store, monkeypatch):
    """find(bounds, form) -> the result of a search, where UNLIKELY and POOR are moved."""

    def ask(bounds, *arguments):
        monkeypatch.setattr(confidence, "UNLIKELY", bounds[0])
        monkeypatch.setattr(confidence, "POOR", bounds[1])
        result = run("find", "--plot", "A baker meets his friend by the river.", "--store", store, *arguments)
        assert result.exit_code == 0
        return result

    return ask


@pytest.mark.parametrize(
    "bounds, said", [(SURE, []), (POOR_ONLY, [POORLY]), (UNSURE, [NOT_HERE, ELSEWHERE])], ids=["sure", "poor", "unsure"]
)
@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_what_is_said_beside_the_films(find, bounds, said, form):
    result = find(bounds, "--format", form)
    assert result.stderr.splitlines() == said
    assert "Title" in result.stdout


def test_json_has_the_chance_and_the_words(find):
    unsure, certain = (json.loads(find(bounds, "--format", "json").stdout) for bounds in (UNSURE, SURE))

    assert unsure["notes"] == [NOT_HERE]
    assert "notes" not in certain
    assert 0 <= unsure["confidence"] <= 1
    assert unsure["confidence"] == certain["confidence"] == round(certain["confidence"], 2)


def test_json_has_no_chance_where_there_is_none(find):
    told = json.loads(find(UNSURE, "--mode", "dense", "--format", "json").stdout)
    assert "confidence" not in told
    assert len(told["results"]) == 10
