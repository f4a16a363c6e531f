"""A film with a short overview whose whole plot is fetched: both texts stay, whichever comes again."""

from dataclasses import replace

import pytest
from support.hash_encoder import SETTING

from moviesearch import Movie
from moviesearch.collection.overviews import with_overview
from moviesearch.collection.same_film import contradict
from moviesearch.records import FETCHED, OVERVIEW, NextSource

OVERVIEW_TEXT = "A zebra crosses the pier."
WHOLE = "Nora keeps the harbour light. " * 40 + "Then it goes out."
CATALOGUE = Movie("77", "Quiet Harbour", OVERVIEW_TEXT, 2001, extra={"runtime": 90})
PAGE = Movie("enwiki-5", "Quiet Harbour", WHOLE, 2001, url="https://wiki.test/5", extra={FETCHED: 5, "licence": "CC"})


@pytest.fixture
def store(search):
    """store(film, ...) -> the only film of the collection after each of these came from a source of its own."""

    def store_all(*movies):
        for movie in movies:
            search.ingest([NextSource(), movie], setting=SETTING)
        [stored] = search.movies(search._collection.ledger.ids()).values()
        return stored

    return store_all


@pytest.mark.parametrize("order", [(CATALOGUE, PAGE), (PAGE, CATALOGUE), (CATALOGUE, PAGE, CATALOGUE, PAGE)])
def test_both_texts_are_there_whatever_came_first(store, search, order):
    film = store(*order)
    assert film.plot == f"{OVERVIEW_TEXT}\n\n{WHOLE}"
    assert film.extra == {"runtime": 90, FETCHED: 5, "licence": "CC", OVERVIEW: OVERVIEW_TEXT}
    for words in ("zebra pier", "Nora light"):
        assert [match.movie.id for match in search.find(words, mode="lexical").matches] == [order[0].id]


def test_what_comes_again_changes_nothing(store, search):
    store(CATALOGUE, PAGE)
    for movie in (CATALOGUE, PAGE):
        report = search.ingest([movie], setting=SETTING)
        assert (report.unchanged, report.updated) == (1, 0)


def test_another_overview_takes_the_place_of_the_first(store):
    another = Movie("77", "Quiet Harbour", "A giraffe crosses the pier.", 2001)
    film = store(CATALOGUE, PAGE, another)
    assert film.plot == f"A giraffe crosses the pier.\n\n{WHOLE}"
    assert film.extra[OVERVIEW] == "A giraffe crosses the pier."


def test_a_source_that_tells_the_whole_story_is_taken_at_its_word(store):
    whole = Movie("77", "Quiet Harbour", "Another telling of it all. " * 40, 2001)
    assert store(CATALOGUE, PAGE, whole).plot == whole.plot


def test_a_page_that_is_fetched_again_keeps_the_overview(store):
    newer = Movie("enwiki-5", "Quiet Harbour", f"{WHOLE} The end.", 2001, extra={FETCHED: 5, "revision": 9})
    film = store(CATALOGUE, PAGE, newer)
    assert film.plot == f"{OVERVIEW_TEXT}\n\n{WHOLE} The end."


def test_an_export_that_is_ingested_keeps_the_texts_apart():
    """An export has both texts in its plot, and reading leaves `overview` out."""
    stored = with_overview(PAGE, CATALOGUE)
    exported = Movie(stored.id, stored.title, stored.plot, stored.year, extra={FETCHED: 5})
    assert with_overview(exported, stored).plot == stored.plot
    assert with_overview(CATALOGUE, exported).plot == stored.plot


def test_films_of_two_catalogues_are_what_the_last_one_says():
    other = Movie("9", "Quiet Harbour", "Ships.", 2001)
    assert with_overview(other, CATALOGUE) == other


@pytest.mark.parametrize("own_id", ["tmdb-5", "shelf-12", "harbour", "my film"])
@pytest.mark.parametrize("page_first", [False, True])
def test_a_film_with_a_text_for_an_id_is_no_second_film_when_it_is_fetched(store, own_id, page_first):
    own = replace(CATALOGUE, id=own_id)
    film = store(PAGE, own) if page_first else store(own, PAGE)
    assert film.id == (PAGE.id if page_first else own_id)
    assert film.plot == f"{OVERVIEW_TEXT}\n\n{WHOLE}"


@pytest.mark.parametrize(
    ("own", "page"),
    [
        (replace(CATALOGUE, id="tmdb-5", year=None), PAGE),  # nothing but the title agrees
        (replace(CATALOGUE, id="tmdb-5", year=1999), PAGE),
        (replace(CATALOGUE, id="tmdb-5"), replace(PAGE, extra={"tmdb_id": 6})),
        (replace(CATALOGUE, id="tmdb-5", extra={"director": "A. Vance"}), replace(PAGE, extra={"director": "O. Lind"})),
        (replace(CATALOGUE, id="tmdb-5"), replace(CATALOGUE, id="tmdb-6", plot="Another story.")),
        (replace(CATALOGUE, id="shelf-5"), replace(CATALOGUE, id="tmdb-5", plot="Another story.")),
        (PAGE, replace(PAGE, id="enwiki-6", plot="Another story.", url=None)),
        (PAGE, replace(PAGE, id="dewiki-5", plot="Eine andere Sprache.", url="https://de.wiki.test/5")),
    ],
)
def test_films_that_something_tells_apart_stay_two(own, page):
    assert contradict(own, page) and contradict(page, own)


def test_ids_of_tmdb_are_one_however_they_are_written():
    film, other = replace(CATALOGUE, id="tmdb-5"), replace(PAGE, extra={"tmdb_id": "5"})
    assert not contradict(film, other)
