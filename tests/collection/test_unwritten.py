"""Writes that neither Chroma nor tantivy could make, and said nothing of, are made up for before an ingest ends."""

from pathlib import Path

import pytest
from support.corpus import content, corpus
from support.hash_encoder import SETTING, HashEncoder

from moviesearch import MovieSearch

FILMS = list(corpus(60))


def _files(where, name):
    return {path: path.read_bytes() for path in sorted(Path(where).glob(f"films/{name}"))}


def _ingest_losing(search, where, name):
    """Store all films, as if what is written last to the files of this name never came there."""
    search.ingest(FILMS[:40], setting=SETTING)
    before = _files(where, name)
    assert before, name
    lost = []

    def lose(state):
        if state.done == len(FILMS):
            for path, content_before in before.items():
                lost.append(path.read_bytes() != content_before)
                path.write_bytes(content_before)

    search.ingest(FILMS, setting=SETTING, progress=lose)
    assert any(lost)


@pytest.fixture(scope="module")
def right(tmp_path_factory):
    """What all of the films answer where every write came to the disk."""
    with MovieSearch(tmp_path_factory.mktemp("right"), encoder=HashEncoder()) as search:
        search.ingest(FILMS, setting=SETTING)
        return content(search, tmp_path_factory.mktemp("export"))


@pytest.mark.parametrize(
    "name",
    [
        "chroma-1/*/header.bin",
        "chroma-1/*/data_level0.bin",
        "chroma-1/*/link_lists.bin",
        "chroma-1/*/index_metadata.pickle",
        "lexical-1/index-2/meta.json",
    ],
)
def test_what_never_came_to_the_disk_is_written_again(search, where, tmp_path, right, name):
    _ingest_losing(search, where, name)
    assert search.verify() is None
    assert content(search, tmp_path / "export") == right


def test_lengths_of_vectors_that_are_gone_are_written_again(search, where, tmp_path, right):
    def lose(state):
        if state.done == len(FILMS):
            for path in _files(where, "chroma-1/*/length.bin"):
                path.write_bytes(bytes(path.stat().st_size))

    search.ingest(FILMS, setting=SETTING, progress=lose)
    assert search.verify() is None
    assert content(search, tmp_path / "export") == right


def test_a_user_is_told(tmp_path):
    notes = []
    with MovieSearch(tmp_path, encoder=HashEncoder(), note=notes.append) as search:
        _ingest_losing(search, tmp_path, "chroma-1/*/header.bin")
    assert ["not all of the index of 'films' had come to the disk" in note for note in notes] == [True]


def test_nothing_is_made_again_where_all_came_there(open_search, where):
    with open_search() as search:
        search.ingest(FILMS[:40], setting=SETTING)
        search.ingest(FILMS, setting=SETTING)
        search.ingest(FILMS[:50], setting=SETTING, prune=lambda count: True)
    assert [path.name for path in Path(where).glob("films/chroma-*")] == ["chroma-1"]


def test_films_that_are_still_there_after_they_were_taken_out_go(search, where):
    search.ingest(FILMS, setting=SETTING)
    before = _files(where, "chroma-1/*/data_level0.bin")
    with search._collection.writing():
        search._collection.remove([film.id for film in FILMS[:20]])
        search._collection.close_index()
        for path, content_before in before.items():
            path.write_bytes(content_before)
    assert search.verify() is None
    assert {match.movie.id for match in search.find(["word1 word2"], limit=60).matches} == {
        film.id for film in FILMS[20:]
    }
