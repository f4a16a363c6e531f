"""A collection copied, backed up and restored: the same films, vectors and answers, and nothing half done."""

import json
import shutil
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from support.bundled import SHOWN
from support.corpus import content, corpus
from support.hash_encoder import SETTING, HashEncoder

from moviesearch import MovieSearch
from moviesearch.config import Settings
from moviesearch.errors import StoreError

pytestmark = pytest.mark.integration

FILMS = list(corpus(90))


@pytest.fixture
def kinds(request, tmp_path):
    """kinds("folder") or kinds("server") -> a MovieSearch on an empty store of that kind."""
    opened = []

    def start(kind, cache="cache"):
        store = str(tmp_path / f"store{len(opened)}")
        if kind == "server":
            store = request.getfixturevalue("chroma_server").database()
        opened.append(MovieSearch(settings=Settings(store=store, cache=tmp_path / cache), encoder=HashEncoder()))
        return opened[-1]

    yield start
    for search in opened:
        search.close()


server = pytest.mark.server


@pytest.mark.parametrize(
    ("origin", "goal"),
    [
        ("folder", "folder"),
        pytest.param("folder", "server", marks=server),
        pytest.param("server", "folder", marks=server),
        pytest.param("server", "server", marks=server),
    ],
)
def test_copy_is_the_same(kinds, tmp_path, origin, goal):
    here, there = kinds(origin), kinds(goal, "elsewhere")
    here.ingest(FILMS, setting=SETTING)
    moved = here.copy(there)
    assert (moved.films, moved.written, moved.removed) == (90, 90, 0)
    assert content(here, tmp_path / "a") == content(there, tmp_path / "b")
    assert there.verify() is None
    assert set(there._encoders.at(None).texts) == {"word1 word2 word3", "word10 word20"}  # the queries alone
    there._encoders.at(None).texts.clear()
    assert there.repair() == 90 and there._encoders.at(None).texts == []
    again = here.copy(there)
    assert (again.written, again.checksum) == (0, moved.checksum)


def test_copy_goes_on_and_is_brought_up_to_date(kinds):
    here, there = kinds("folder"), kinds("folder")
    here.ingest(FILMS[:60], setting=SETTING)

    class Broken(Exception):
        pass

    def breaking(done, films):
        raise Broken

    here.copy(there)
    changed = replace(FILMS[0], plot="A zeppelin full of beekeepers.")
    here.ingest([changed, *FILMS[60:]], setting=SETTING)
    with pytest.raises(StoreError, match="--replace"):  # one film is another now
        here.copy(there)
    with pytest.raises(Broken):
        here.copy(there, replace_others=True, progress=breaking)
    moved = here.copy(there, replace_others=True)
    assert moved.films == 90 and there.show(changed.id) == changed and there.verify() is None


def test_copy_refuses_where_other_films_are(kinds):
    here, there = kinds("folder"), kinds("folder")
    here.ingest(FILMS[:5], setting=SETTING)
    there.ingest(FILMS[3:8], setting=SETTING)
    with pytest.raises(StoreError, match="3 films that the source has not"):
        here.copy(there)
    assert there.info().films == 5
    moved = here.copy(there, replace_others=True)
    assert (moved.films, moved.removed) == (5, 3)
    assert {film.id for film in FILMS[:5]} == there.known(film.id for film in FILMS)


@pytest.mark.parametrize("kind", ["folder", pytest.param("server", marks=server)])
def test_backup_and_restore(kinds, tmp_path, kind):
    here, there = kinds(kind), kinds(kind, "elsewhere")
    here.ingest(FILMS, setting=SETTING)
    films, checksum = here.backup(tmp_path / "films.zip")
    assert films == 90 and [path.name for path in tmp_path.glob("*films.zip*")] == ["films.zip"]
    moved = there.restore(tmp_path / "films.zip")
    assert (moved.films, moved.checksum) == (90, checksum)
    assert content(here, tmp_path / "a") == content(there, tmp_path / "b")
    assert there.verify() is None


def test_backup_can_be_read_without_moviesearch(kinds, tmp_path):
    here = kinds("folder")
    here.ingest(FILMS[:7], setting=SETTING)
    here.backup(tmp_path / "films.zip")
    with zipfile.ZipFile(tmp_path / "films.zip") as archive:
        assert archive.testzip() is None
        records = [json.loads(line) for line in archive.read("films-00000.jsonl").splitlines()]
        with archive.open("passages-00000.npy") as file:
            vectors = np.load(file)
    assert [(record["id"], record["plot"]) for record in records] == [(film.id, film.plot) for film in FILMS[:7]]
    assert vectors.shape == (sum(len(record["passages"]) for record in records), 256)


def test_damaged_backup_is_refused_before_anything_is_done(kinds, tmp_path):
    here, there = kinds("folder"), kinds("folder")
    here.ingest(FILMS, setting=SETTING)
    good = tmp_path / "films.zip"
    here.backup(good)
    raw = good.read_bytes()
    cases = [raw[: len(raw) // 2], b"", b"not a zip at all", raw[:-30]]
    for at in range(40, len(raw) - 40, len(raw) // 12):
        cases.append(raw[:at] + bytes([raw[at] ^ 0x55]) + raw[at + 1 :])
    for case in cases:
        bad = tmp_path / "bad.zip"
        bad.write_bytes(case)
        with pytest.raises(StoreError, match="no backup, or a damaged one"):
            there.restore(bad)
        assert not there.exists()
    with pytest.raises(StoreError, match="there is no file"):
        there.restore(tmp_path / "nowhere.zip")


def test_restore_over_other_films_needs_replace(kinds, tmp_path):
    here = kinds("folder")
    here.ingest(FILMS[:5], setting=SETTING)
    here.backup(tmp_path / "films.zip")
    here.ingest([replace(FILMS[0], plot="A zeppelin.")], setting=SETTING)
    with pytest.raises(StoreError, match="--replace"):
        here.restore(tmp_path / "films.zip")
    here.restore(tmp_path / "films.zip", replace_others=True)
    assert here.show(FILMS[0].id) == FILMS[0] and here.verify() is None


def test_commands(run, bundled_store, tmp_path):
    here = tmp_path / "here"
    shutil.copytree(bundled_store, here)
    done = run("backup", tmp_path / "films.zip", "--store", here)
    assert done.exit_code == 0 and f"{SHOWN} films in" in done.stdout
    done = run("restore", tmp_path / "films.zip", "--store", tmp_path / "there")
    assert done.exit_code == 0 and f"{SHOWN} films, {SHOWN} written" in done.stdout
    done = run("copy", "--from", here, "--to", tmp_path / "there")
    assert done.exit_code == 0 and f"{SHOWN} films, 0 written" in done.stdout
    asked = ["find", "--plot", "a man relives one day", "--format", "csv", "--store"]
    assert run(*asked, here).stdout == run(*asked, tmp_path / "there").stdout
    done = run("restore", tmp_path / "nothing.zip", "--store", tmp_path / "there")
    assert done.exit_code == 1 and "there is no file" in done.stderr
    done = run("copy", "--from", tmp_path / "empty", "--to", tmp_path / "there")
    assert done.exit_code == 1 and "there is no collection" in done.stderr
