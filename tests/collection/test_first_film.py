"""An ingest that no film comes to makes no collection, nor a folder for one."""

import pytest

from moviesearch import Movie, Rejected
from moviesearch.collection.steps import Stopped
from moviesearch.records import NextSource

FOLDER_AND_SERVER = True

FILM = Movie("one", "One", "A baker loses a coin.", 1950)
BAD = Movie("bad", "Bad", "A plot.", 99_999)


@pytest.mark.parametrize("items", [[NextSource()], [NextSource(), Rejected("x:2", "plot", "is missing"), BAD]])
def test_no_film_makes_no_collection(search, where, tmp_path, items):
    rejected = []
    report = search.ingest(items, on_rejected=rejected.append)
    assert not search.exists()
    assert not (tmp_path / "store").exists()
    assert (report.added, report.rejected) == (0, len(rejected)) == (0, max(len(items) - 1, 0))


def test_what_comes_before_the_first_film_counts(search):
    rejected = []
    report = search.ingest(iter([NextSource(), BAD, FILM]), on_rejected=rejected.append)
    assert (report.added, report.rejected, len(rejected)) == (1, 1, 1)
    assert search.show("One").id == "one"


def test_a_stop_before_the_first_film_is_one(search):
    def stop(step):
        raise Stopped

    report = search.ingest((Rejected(f"x:{row}", "plot", "is missing") for row in range(1000)), progress=stop)
    assert report.stopped
    assert not search.exists()


def test_a_collection_that_was_emptied_says_how_films_come(search):
    search.ingest([FILM])
    search.ingest([], prune=lambda count: True)
    assert search.exists()
    answer = search.find("a baker")
    assert not answer.matches
    assert any("there are no films in 'films': `moviesearch ingest`" in note for note in answer.notes)
