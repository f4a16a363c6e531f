"""What `ingest` says of films that were stored in part, skipped, or in the collection before."""

import json

import pytest

BELL = "title,year,plot\nThe Bell,1999,A diver finds a bell under the pier.\nBuoy,2001,Two sisters race boats.\n"


def film_count(run):
    return json.loads(run("info", "--format", "json").stdout)["films"]


@pytest.fixture
def ingest(run, tmp_path):
    """ingest("films.csv", text, ...) -> the finished command."""

    def ingest_text(name, text, *options):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return run("ingest", path, *options)

    return ingest_text


def test_years_and_headers_are_one_note_each_and_no_failure(run, ingest):
    rows = "".join(f"Film {n},TBA,Story {n}.\n" for n in range(3))
    stored = ingest("films.csv", BELL + rows + BELL)
    assert (stored.exit_code, film_count(run)) == (0, 5)
    assert stored.stdout.startswith("5 added, 0 updated, 0 unchanged, 0 rejected, 2 told twice; ")
    assert stored.stderr.splitlines()[-2:] == [
        "films.csv:4: year: 'TBA' holds no year from 1870 to 2100: the film is stored without it (3 in all)",
        "films.csv:7: the header stands here again, and is skipped",
    ]


def test_strict_wants_films_and_not_years(ingest):
    stored = ingest("films.csv", BELL.replace("2001", "soon"), "--strict")
    assert (stored.exit_code, stored.stderr.count("holds no year")) == (0, 1)


def test_at_most_ten_notes_are_shown_then_a_count(run, tmp_path):
    for number in range(13):
        (tmp_path / f"{number:02}.csv").write_text(
            f"title,year,plot\nFilm {number},soon,Story {number}.\n", encoding="utf-8"
        )
    stored = run("ingest", *sorted(tmp_path.glob("*.csv")))
    notes = stored.stderr.splitlines()
    assert [note.split(":")[0] for note in notes[:10]] == [f"{number:02}.csv" for number in range(10)]
    assert notes[10:] == ["... and 3 more notes"]
    assert (stored.exit_code, film_count(run)) == (0, 13)


def test_a_source_that_gains_columns_updates_what_is_there(run, ingest):
    ingest("films.csv", BELL)
    directed = BELL.replace("plot\n", "plot,director\n").replace(".\n", ".,Ida Vance\n")
    assert ingest("films.csv", directed).stdout.startswith("0 added, 2 updated, 0 unchanged, 0 rejected; ")
    with_ids = ingest(
        "films.csv", "\n".join(f"{n},{line}" for n, line in zip(("id", 7, 8), directed.split("\n"), strict=False))
    )
    assert with_ids.stdout.startswith("0 added, 0 updated, 2 unchanged, 0 rejected; ")
    assert with_ids.stderr == "2 films keep the ids of this collection: 'the-bell-1999' for '7'\n"
    assert film_count(run) == 2


def test_two_sources_of_one_command_are_compared_too(run, tmp_path):
    for name, text in (
        ("a.csv", BELL),
        ("b.csv", BELL.replace("plot\n", "plot,director\n").replace(".\n", ".,Ida Vance\n")),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
    stored = run("ingest", tmp_path / "a.csv", tmp_path / "b.csv")
    assert (stored.exit_code, film_count(run)) == (0, 2)
    assert json.loads(run("show", "the bell", "--format", "json").stdout)["director"] == "Ida Vance"
