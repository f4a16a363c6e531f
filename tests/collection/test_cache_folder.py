"""A cache folder that can't be written: searching goes on, and says so once."""

from pathlib import Path

import pytest

from moviesearch.collection.cache_folder import CacheFolder


@pytest.fixture
def notes():
    return []


def test_cache_that_can_be_written_is_used_and_kept(tmp_path, notes):
    cache = CacheFolder(tmp_path / "not" / "there", notes.append)
    assert cache.to_write() == tmp_path / "not" / "there"
    cache.close()
    assert (tmp_path / "not" / "there").is_dir() and notes == []


@pytest.mark.parametrize("where", ["file", "file/below", "half \udce9"])
def test_another_takes_its_place_for_a_while(tmp_path, notes, where):
    (tmp_path / "file").write_text("")
    cache = CacheFolder(tmp_path / where, notes.append)
    spare = cache.to_write()
    assert spare == cache.to_write() != tmp_path / where
    (spare / "graph").write_text("made for this run")
    (note,) = notes
    assert "can't be written" in note and "MOVIESEARCH_CACHE" in note
    cache.close()
    assert not spare.exists()


@pytest.mark.slow
def test_finding_goes_on_without_a_cache(run, bundled_store, tmp_path):
    (tmp_path / "file").write_text("")
    kept = run("find", "a shark keeps tourists out of the water", "--limit", "3", "--store", bundled_store)
    made = run(
        *("find", "a shark keeps tourists out of the water", "--limit", "3", "--store", bundled_store),
        MOVIESEARCH_CACHE=str(tmp_path / "file"),
    )
    assert (made.exit_code, made.stdout) == (0, kept.stdout)
    assert made.stderr.count("\n") == 1 and str(tmp_path / "file") in made.stderr


@pytest.mark.server
def test_a_server_is_asked_without_a_cache(run, chroma_server, tmp_path):
    store = chroma_server.database()
    film = '{"title": "Ferry", "plot": "A boatman ferries a crate across the lake.", "year": 1982}'
    assert run("ingest", "--store", store, "-", stdin=film).exit_code == 0
    (tmp_path / "file").write_text("")
    found = run("find", "a boatman on a lake", "--store", store, MOVIESEARCH_CACHE=str(tmp_path / "file"))
    assert found.exit_code == 0 and "Ferry (1982)" in found.stdout
    assert found.stderr.count("can't be written") == 1
    assert Path(tmp_path / "file").is_file()
