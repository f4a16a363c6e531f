"""A collection and folders of films: what is read again, what follows a file that is renamed, changed or gone."""

import os
import shutil

import pytest
from support.hash_encoder import SETTING
from support.nfo import write_nfo

from moviesearch import Movie
from moviesearch.collection.steps import Stopped
from moviesearch.records import FolderEnd, NextSource
from moviesearch.sources.media_folder import read_folder

FOLDER_AND_SERVER = True


@pytest.fixture
def films(tmp_path):
    root = tmp_path / "Films"
    for title, night in (("Bell", "night"), ("Buoy", "noon"), ("Ship", "dawn and dusk")):
        write_nfo(root / title / "movie.nfo", title, plot=f"{title} sails at {night}.")
    return root


@pytest.fixture
def ingest(search, films):
    """ingest(root, prune=...) -> (report, paths of the files that were read)."""

    def run(root=films, *, prune=True, **wishes):
        items = list(read_folder(str(root), search.film_files(), on_note=lambda note: None))
        files = [os.path.relpath(os.fsdecode(item.path), films) for item in items if getattr(item, "is_read", False)]
        return search.ingest(items, setting=SETTING, prune=lambda count: prune, **wishes), files

    return run


def counts(report):
    return report.added, report.updated, report.unchanged, report.removed, report.gone


def test_unchanged_files_are_not_read(ingest, films):
    report, read = ingest()
    assert (counts(report), len(read)) == ((3, 0, 0, 0, 0), 3)
    report, read = ingest()
    assert (counts(report), read) == ((0, 0, 3, 0, 0), [])
    write_nfo(films / "Bell" / "movie.nfo", plot="The bell is silent.")
    report, read = ingest()
    assert (counts(report), read) == ((0, 1, 2, 0, 0), ["Bell/movie.nfo"])
    assert ingest()[1] == []


def test_a_renamed_folder_is_the_same_film(search, ingest, films):
    ingest()
    (films / "Bell").rename(films / "Bell (1999)")
    report, read = ingest()
    assert (counts(report), read) == ((0, 1, 2, 0, 0), ["Bell (1999)/movie.nfo"])
    assert search.show("Bell").extra["nfo"] == str(films / "Bell (1999)" / "movie.nfo")
    assert counts(ingest()[0]) == (0, 0, 3, 0, 0)


def test_a_film_that_is_gone_goes_with_prune_and_is_counted_without(search, ingest, films):
    search.ingest([Movie("clock", "The Clock", "A clerk repairs the clock.", 1994)], setting=SETTING)
    ingest()
    shutil.rmtree(films / "Bell")
    assert counts(ingest(prune=False)[0]) == (0, 0, 2, 0, 1)
    assert counts(ingest(prune=False)[0]) == (0, 0, 2, 0, 1)
    assert counts(ingest()[0]) == (0, 0, 2, 1, 0)
    assert counts(ingest()[0]) == (0, 0, 2, 0, 0)
    assert search.info().films == 3  # the clock came from elsewhere
    write_nfo(films / "Bell" / "movie.nfo")
    assert counts(ingest()[0]) == (1, 0, 2, 0, 0)


def test_a_film_whose_file_tells_another_one_now_goes_even_later(search, ingest, films):
    ingest()
    write_nfo(films / "Bell" / "movie.nfo", "Whale", plot="A whale is followed.")
    assert counts(ingest(prune=False)[0]) == (1, 0, 2, 0, 1)
    assert counts(ingest()[0]) == (0, 0, 3, 1, 0)
    assert search.info().films == 3


def test_a_film_that_changes_places_with_another_stays(ingest, films):
    ingest()
    (films / "Bell").rename(films / "x")
    (films / "Buoy").rename(films / "Bell")
    (films / "x").rename(films / "Buoy")
    assert counts(ingest()[0]) == (0, 2, 1, 0, 0)


def test_films_of_an_unreadable_folder_and_of_others_stay(search, films):
    def ingest(*folders, unreadable=()):
        items = [
            item
            for folder in folders
            for item in read_folder(str(films / folder), search.film_files(), on_note=lambda note: None)
            if not isinstance(item, FolderEnd)
        ]
        end = FolderEnd(os.fsencode(films), len(items), tuple(os.fsencode(films / name) for name in unreadable))
        return search.ingest([*items, end], setting=SETTING, prune=lambda count: True)

    ingest("Bell", "Buoy", "Ship")
    assert counts(ingest("Bell", unreadable=["Buoy", "Ship"])) == (0, 0, 1, 0, 0)
    assert counts(ingest("Bell", unreadable=["Buoy"])) == (0, 0, 1, 1, 0)


def test_a_film_of_two_folders_goes_with_the_last(search, ingest, films, tmp_path):
    elsewhere = tmp_path / "Elsewhere"
    inside = "<imdbid>tt0000009</imdbid>"
    write_nfo(elsewhere / "movie.nfo", "Whale", inside=inside)
    whale = write_nfo(films / "Whale" / "movie.nfo", "Whale", inside=inside)
    ingest(elsewhere)
    ingest()
    shutil.rmtree(whale.parent)
    assert counts(ingest()[0]) == (0, 0, 3, 0, 0)
    (elsewhere / "movie.nfo").unlink()
    assert ingest(elsewhere)[0].removed == 1


def test_a_film_that_is_told_badly_now_stays_as_it_was(search, ingest, films):
    ingest()
    (films / "Bell" / "movie.nfo").write_text("<movie><tile>Bell</title></movie>")
    (films / "Buoy" / "movie.nfo").write_text("<movie><title>Buoy</title></movie>")
    report, _ = ingest()
    assert (counts(report), report.rejected) == ((0, 0, 1, 0, 0), 1)
    assert search.show("Bell").plot == "Bell sails at night."
    report, read = ingest()
    assert (counts(report), "Bell/movie.nfo" in read) == ((0, 0, 1, 0, 0), True)
    (films / "Bell" / "movie.nfo").unlink()
    assert counts(ingest()[0]) == (0, 0, 1, 1, 0)


def test_what_another_source_changed_is_read_again(search, ingest, films):
    ingest()
    bell = search.show("Bell")
    search.ingest([Movie(bell.id, "Bell", "Another plot of it.", 1999)], setting=SETTING)
    report, read = ingest()
    assert (counts(report), read) == ((0, 1, 2, 0, 0), ["Bell/movie.nfo"])
    search.ingest([Movie("clock", "The Clock", "A clerk.")], setting=SETTING, prune=lambda count: True)
    assert counts(ingest()[0]) == (3, 0, 0, 0, 0)


def test_a_film_that_is_here_under_another_id_keeps_it(search, ingest, films):
    search.ingest([Movie("own-bell", "Bell", "Bell sails at night.", 1999)], setting=SETTING)
    assert counts(ingest()[0]) == (2, 1, 0, 0, 0)
    assert search.film("own-bell").extra["nfo"] == str(films / "Bell" / "movie.nfo")
    assert ingest()[1] == []
    shutil.rmtree(films / "Bell")
    assert counts(ingest()[0]) == (0, 0, 2, 1, 0)


def test_with_other_sources_all_that_none_has_goes(search, ingest, films):
    ingest()
    shutil.rmtree(films / "Bell")
    items = list(read_folder(str(films), search.film_files(), on_note=lambda note: None))
    clock = Movie("clock", "The Clock", "A clerk repairs the clock.", 1994)
    report = search.ingest([NextSource(), clock, NextSource(), *items], setting=SETTING, prune=lambda count: count == 1)
    assert counts(report) == (1, 0, 2, 1, 0)


def test_what_was_stopped_is_read_again(search, ingest, films):
    ingest()
    write_nfo(films / "Bell" / "movie.nfo", plot="The bell is silent.")

    def stopped():
        yield from read_folder(str(films), search.film_files(), on_note=lambda note: None)
        raise Stopped

    assert search.ingest(stopped(), setting=SETTING).stopped
    report, read = ingest()
    assert (counts(report), read) == ((0, 1, 2, 0, 0), ["Bell/movie.nfo"])
