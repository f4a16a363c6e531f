"""A folder of films on the command line: read, read again, pruned, and watched while it changes."""

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time

import pytest
from support.film_shelf import make_shelf
from support.nfo import write_nfo


@pytest.fixture
def films(tmp_path):
    return tmp_path / "Films"


def film_count(run):
    return json.loads(run("info", "--format", "json").stdout)["films"]


def test_a_folder_is_told_what_was_left_out_and_read_again_at_once(run, films):
    bell = write_nfo(films / "Bell (1999)" / "movie.nfo", inside="<director>Ida Vance</director>")
    (bell.parent / "poster.jpg").touch()
    write_nfo(films / "Lost" / "tvshow.nfo", root="tvshow")
    write_nfo(films / "Mute" / "movie.nfo", "Mute", plot="")
    stored = run("ingest", films)
    left_out = [
        "Lost/tvshow.nfo: is of a tv show, a season or an episode: left out",
        "Mute/movie.nfo: plot: is missing, as are outline and tagline: the film is left out",
    ]
    assert (stored.exit_code, stored.stderr.splitlines()[-2:]) == (0, left_out)
    assert stored.stdout.startswith("1 added, 0 updated, 0 unchanged, 0 rejected; ")
    again = run("ingest", films)
    assert (again.exit_code, again.stderr.splitlines()) == (0, left_out)
    assert again.stdout.startswith("0 added, 0 updated, 1 unchanged, 0 rejected; ")
    bell_now = json.loads(run("show", "Bell", "--format", "json").stdout)
    assert (bell_now["director"], bell_now["poster"]) == (["Ida Vance"], str(bell.parent / "poster.jpg"))


def test_several_folders_and_files_together(run, films, tmp_path):
    write_nfo(films / "Bell" / "movie.nfo")
    write_nfo(tmp_path / "More" / "movie.nfo", "Buoy")
    (tmp_path / "a.jsonl").write_text('{"title": "Ship", "plot": "A ship sails."}\n')
    stored = run("ingest", films, tmp_path / "a.jsonl", tmp_path / "More", "--prune")
    assert (stored.exit_code, film_count(run)) == (0, 3)
    shutil.rmtree(films / "Bell")
    write_nfo(films / "Whale" / "movie.nfo", "Whale")
    pruned = run("ingest", films, tmp_path / "a.jsonl", "--prune")
    assert pruned.stderr.splitlines() == ["removing 2 films that the sources no longer have"]
    assert film_count(run) == 2


def test_broken_files_fail_and_do_not_keep_others_from_being_removed(run, films):
    bell, buoy = (write_nfo(films / title / "movie.nfo", title) for title in ("Bell", "Buoy"))
    write_nfo(films / "Ship" / "movie.nfo", "Ship")
    run("ingest", films)
    bell.write_text("<movie><tile>Bell</title></movie>")
    buoy.unlink()
    told = run("ingest", films)
    assert (told.exit_code, told.stderr.splitlines()) == (
        1,
        [
            "Bell/movie.nfo: broken XML in line 1 (mismatched tag)",
            "1 film is no longer in its folder; --prune removes what is gone",
        ],
    )
    assert run("ingest", films, "--prune", "--skip-invalid").exit_code == 0
    assert film_count(run) == 2  # the bell stays as it was


def test_what_may_be_a_missing_disk_removes_nothing_unless_asked(run, films):
    write_nfo(films / "Bell" / "movie.nfo")
    run("ingest", films)
    shutil.rmtree(films)
    assert run("ingest", films, "--prune").exit_code == 1
    films.mkdir()
    kept = run("ingest", films, "--prune")
    assert (kept.exit_code, kept.stderr) == (
        1,
        "1 of the 1 film that came from there are gone, so none was removed: is a disk not there? If they are to go, "
        "give --yes too\n",
    )
    assert film_count(run) == 1
    gone = run("ingest", films, "--prune", "--yes")
    assert (gone.exit_code, film_count(run)) == (0, 0)


def test_most_films_of_a_folder_do_not_go_unasked(run, films):
    for number in range(12):
        write_nfo(films / str(number) / "movie.nfo", f"Bell {number}", plot=f"Bell {number} rings.")
    run("ingest", films)
    for number in range(11):
        shutil.rmtree(films / str(number))
    kept = run("ingest", films, "--prune")
    assert kept.exit_code == 1 and kept.stderr.startswith("11 of the 12 films that came from there are gone, so none")
    assert film_count(run) == 12


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["--yes"], "--yes goes with --prune"),
        (["--watch"], "--watch takes folders of films"),
        (["--watch", "--shard", "1/2", "."], "--shard does not go with --watch"),
    ],
)
def test_options_that_make_no_sense(run, arguments, fault):
    refused = run("ingest", *arguments)
    assert refused.exit_code == 2 and fault in refused.stderr


def test_what_can_not_be_watched(run, tmp_path):
    (tmp_path / "a.jsonl").write_text('{"title": "Ship", "plot": "A ship sails."}\n')
    assert "a.jsonl is no folder: --watch takes folders" in run("ingest", "--watch", tmp_path / "a.jsonl").stderr
    assert "nowhere is not there: --watch takes folders" in run("ingest", "--watch", tmp_path / "nowhere").stderr


@pytest.mark.integration
def test_a_shelf_of_300_films_as_kodi_jellyfin_and_radarr_lay_it_out(run, films):
    shelf = make_shelf(films)
    stored = run("ingest", films)
    assert stored.stdout.startswith("300 added, 0 updated, 0 unchanged, 0 rejected; ")
    assert (stored.exit_code, film_count(run)) == (0, 300)
    assert run("ingest", films).stdout.startswith("0 added, 0 updated, 300 unchanged, 0 rejected; 0 passages ")
    found = json.loads(run("find", "--plot", "a showman exhibits a sleepwalker who murders", "--format", "json").stdout)
    assert found["results"][0]["title"] == "The Cabinet of Dr. Caligari"
    for path, film in shelf.items():
        if film["title"] in ("The Cabinet of Dr. Caligari", "Way Down East", "The Kid"):
            record = json.loads(run("show", film["title"], "--year", film["year"], "--format", "json").stdout)
            assert (record["nfo"], record["cast"], record["director"]) == (str(path), film["cast"], film["director"])
            assert (record["year"], record["genres"]) == (film["year"], film["genres"])
            assert os.path.dirname(record["poster"]) in (str(path.parent), str(path.parent.parent))
    paths = list(shelf)
    paths[1].parent.rename(films / "Renamed")
    shutil.rmtree(paths[2].parent)
    pruned = run("ingest", films, "--prune")
    assert pruned.stdout.startswith("0 added, 1 updated, 298 unchanged, 0 rejected, 1 removed; ")
    assert film_count(run) == 299


class Watcher:
    """`moviesearch ingest --watch` in a process of its own; what it says comes a line at a time."""

    def __init__(self, *arguments):
        words = [sys.executable, "-u", "-m", "moviesearch", "ingest", "--watch", *map(str, arguments)]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0)
        self._text = b""

    def line(self, patience=60):
        """The next line. Fails where none comes."""
        end = time.monotonic() + patience
        while b"\n" not in self._text:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))
            piece = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            if not piece:
                pytest.fail(f"the watcher said nothing more than {self._text!r} and is {self.process.poll()}")
            self._text += piece
        line, _, self._text = self._text.partition(b"\n")
        return line.decode()

    def lines(self, count):
        return [self.line() for _ in range(count)]

    def end(self):
        self.process.send_signal(signal.SIGINT)
        rest, _ = self.process.communicate(timeout=60)
        return self.process.returncode, (self._text + rest).decode()


@pytest.fixture
def watch(prepared_model):
    watchers = []

    def start(*arguments):
        watchers.append(Watcher(*arguments))
        return watchers[-1]

    yield start
    for watcher in watchers:
        watcher.process.kill()
        watcher.process.wait()
        watcher.process.stdout.close()


@pytest.mark.integration
@pytest.mark.skipif(os.name != "posix", reason="select, and an interrupt")
def test_a_folder_is_followed_until_ctrl_c(run, watch, films):
    write_nfo(films / "Bell" / "movie.nfo")
    watcher = watch("--prune", films)
    assert watcher.line().startswith("1 added, 0 updated, 0 unchanged, ")
    assert watcher.line() == f"watching {films}; Ctrl-C ends it"

    write_nfo(films / "Buoy" / "movie.nfo", "Buoy", plot="Two sisters race boats.")
    (films / "Buoy" / "Buoy.mkv").touch()
    assert watcher.line().startswith("1 added, 0 updated, 0 unchanged, 0 rejected; ")
    (films / "Buoy" / "poster.jpg").touch()
    assert watcher.line().startswith("0 added, 1 updated, ")
    assert json.loads(run("show", "Buoy", "--format", "json").stdout)["poster"] == str(films / "Buoy" / "poster.jpg")
    (films / "Buoy").rename(films / "Buoy (1999)")
    assert watcher.line().startswith("0 added, 1 updated, ")
    shutil.rmtree(films / "Buoy (1999)")
    assert watcher.line() == "removing 1 film that the sources no longer have"
    assert ", 1 removed; " in watcher.line()

    films.rename(films.with_name("away"))
    assert watcher.line() == f"{films} went away; films of it stay, and it is watched again when it is back"
    write_nfo(films.with_name("away") / "Ship" / "movie.nfo", "Ship", plot="A ship sails.")
    films.with_name("away").rename(films)
    assert watcher.line() == f"{films} is there again"
    assert watcher.line().startswith("1 added, ")
    write_nfo(films / "Whale" / "movie.nfo", "Whale", plot="A whale is followed.")
    assert watcher.line().startswith("1 added, ")

    assert watcher.end() == (0, "\nstopping ...\n")
    assert film_count(run) == 3
