"""The command line: kind of input x format of output x exit status, with stderr apart, by the bundled model."""

import csv
import gzip
import io
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest
from rich.cells import cell_len
from support.hash_encoder import HashEncoder

from moviesearch import Movie, MovieSearch, __version__
from moviesearch.config import Settings
from moviesearch.errors import NotFoundError
from moviesearch.sources import bundled

FILMS = [
    {
        "id": "dunkirk-1958",
        "title": "Dunkirk",
        "year": 1958,
        "genres": ["Drama", "War"],
        "plot": "A corporal leads his lost men to the beach where soldiers wait for boats under fire.",
    },
    {
        "id": "dunkirk-2017",
        "title": "Dunkirk",
        "year": 2017,
        "genres": ["War", "Thriller"],
        "plot": "Soldiers trapped on a beach wait for small boats while pilots fight above the sea.",
        "url": "https://example.org/dunkirk",
    },
    {
        "id": "amelie",
        "title": "Amélie",
        "year": 2001,
        "genres": ["Comedy", "Romance"],
        "plot": "A shy waitress in Paris secretly does good to people around her and falls in love.",
        "director": ["Jean-Pierre Jeunet"],
    },
    {
        "id": "ring",
        "title": "Ring",
        "genres": ["Horror"],
        "plot": "A reporter looks into a cursed video tape that kills whoever watches it within a week.",
    },
    {
        "id": "long",
        "title": "The Extraordinarily Long Tale of a Gentleman Who Walked Around the World and Back Again 千と千尋",
        "year": 1999,
        "genres": ["Adventure", "Science Fiction", "Documentary", "Musical Comedy", "Fantasy"],
        "plot": "千と千尋の神隠し " * 6 + "A man walks around the world.\n\nHe comes home \x1b[31mred\x07.",
    },
    {
        "id": "evil",
        "title": "Evil\x1b[2J\u202e Title",
        "year": 1980,
        "genres": [],
        "plot": "A hacker hides \x1b]0;owned\x07 codes in a film database to take over a terminal.",
    },
]
BAD = [
    '{"title": "No Plot"}',
    "{broken",
    '{"title": "Placeholder", "plot": "No overview found."}',
    '{"title": "Plot", "plot": 7}',
]


def lines(films):
    return "".join(json.dumps(film, ensure_ascii=False) + "\n" for film in films)


@pytest.fixture
def films_file(tmp_path):
    path = tmp_path / "films.jsonl"
    path.write_text(lines(FILMS), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def shelf(tmp_path_factory, model_cache):
    """A store with FILMS; only to be read."""
    store = tmp_path_factory.mktemp("shelf")
    movies = [
        Movie(film["id"], film["title"], film["plot"], film.get("year"), tuple(film["genres"]), film.get("url"))
        for film in FILMS
    ]
    with MovieSearch(settings=Settings(store=str(store), collection="films", cache=model_cache, model=None)) as search:
        search.ingest(movies)
    return store


@pytest.fixture
def find(run, shelf):
    """find("--plot", ...) on the shelf."""
    return lambda *arguments, **options: run("find", "--store", shelf, "--mode", "dense", *arguments, **options)


def film_count(run):
    return json.loads(run("info", "--format", "json").stdout)["films"]


# ingest


def wikipedia_csv(path):
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow("Release Year,Title,Origin/Ethnicity,Director,Cast,Genre,Wiki Page,Plot".split(","))
        for film in FILMS[:3]:
            page = f"https://example.org/{film['id']}"
            rows.writerow([film["year"], film["title"], "British", "", "", "war", page, film["plot"]])


def tmdb_csv(path):
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "title", "overview", "release_date", "genres"])
        for film in FILMS[:3]:
            rows.writerow([film["id"], film["title"], film["plot"], f"{film['year']}-05-01", "War, Drama"])


def cmu_folder(path):
    path.mkdir()
    (path / "plot_summaries.txt").write_text(
        "".join(f"{number}\t{film['plot']}\n" for number, film in enumerate(FILMS[:3])), encoding="utf-8"
    )
    (path / "movie.metadata.tsv").write_text(
        "".join(
            f'{number}\t/m/{number}\t{film["title"]}\t{film["year"]}-05-01\t\t90.0\t{{}}\t{{}}\t{{"/m/1": "War"}}\n'
            for number, film in enumerate(FILMS[:3])
        ),
        encoding="utf-8",
    )


KINDS = {
    "films.jsonl": lambda path: path.write_text(lines(FILMS[:3]), encoding="utf-8"),
    "films.json": lambda path: path.write_text(json.dumps(FILMS[:3]), encoding="utf-8"),
    "films.jsonl.gz": lambda path: path.write_bytes(gzip.compress(lines(FILMS[:3]).encode())),
    "wikipedia.csv": wikipedia_csv,
    "tmdb.csv": tmdb_csv,
    "cmu": cmu_folder,
    "-": None,
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_source_is_stored_and_found(run, tmp_path, kind):
    source, stdin = kind, lines(FILMS[:3])
    if kind != "-":
        source, stdin = tmp_path / kind, None
        KINDS[kind](source)
    stored = run("ingest", source, stdin=stdin)
    assert (stored.exit_code, stored.stderr) == (0, "")
    assert re.fullmatch(r"3 added, 0 updated, 0 unchanged, 0 rejected; 3 passages in \d+\.\d s\n", stored.stdout)
    finished = run("find", "--title", "amelie", "--mode", "dense", "--format", "json")
    results = json.loads(finished.stdout)["results"]
    assert [(result["title"], result["year"]) for result in results] in (
        [("Dunkirk", 1958), ("Dunkirk", 2017)],
        [("Dunkirk", 2017), ("Dunkirk", 1958)],
    )


def test_second_run_changes_nothing_and_a_change_is_counted(run, films_file):
    assert run("ingest", films_file).stdout.startswith("6 added, 0 updated, 0 unchanged, 0 rejected; ")
    assert run("ingest", films_file).stdout.startswith("0 added, 0 updated, 6 unchanged, 0 rejected; 0 passages ")
    changed = [{**FILMS[0], "plot": "Another story."}, *FILMS[1:], {"title": "New", "plot": "A new film."}]
    films_file.write_text(lines(changed), encoding="utf-8")
    assert run("ingest", films_file).stdout.startswith("1 added, 1 updated, 5 unchanged, 0 rejected; 2 passages ")


def test_several_sources_in_turn(run, films_file, tmp_path):
    second = tmp_path / "more.jsonl"
    second.write_text('{"title": "More", "plot": "Another."}\n', encoding="utf-8")
    stored = run(
        "ingest", films_file, tmp_path / "missing.jsonl", "-", second, stdin='{"title": "In", "plot": "Piped."}'
    )
    assert stored.exit_code == 1
    assert stored.stdout.startswith("8 added")
    assert stored.stderr.startswith(f"Error: there is no file {tmp_path / 'missing.jsonl'}")


@pytest.mark.integration
def test_no_source_means_the_bundled_films(run, bundled_store, tmp_path):
    shutil.copytree(bundled_store, tmp_path / "store", copy_function=shutil.copy2)
    films = len(bundled().read_text(encoding="utf-8").splitlines())
    stored = run("ingest")
    assert (stored.exit_code, stored.stderr) == (0, "")
    assert stored.stdout.startswith(f"0 added, 0 updated, {films:,} unchanged, 0 rejected; 0 passages ")


@pytest.mark.parametrize("option, status", [((), 1), (("--skip-invalid",), 0)])
def test_rejected_records_are_named_and_the_good_ones_stored(run, tmp_path, option, status):
    path = tmp_path / "mixed.jsonl"
    path.write_text(lines(FILMS[:2]) + "\n".join(BAD) + "\n" + lines([FILMS[2], FILMS[0]]), encoding="utf-8")
    stored = run("ingest", path, *option)
    assert stored.exit_code == status
    assert stored.stdout.startswith("3 added, 0 updated, 0 unchanged, 4 rejected, 1 told twice; 3 passages ")
    complaints = stored.stderr.splitlines()
    assert len(complaints) == 5
    for line, (number, field) in zip(
        complaints, ((3, "plot"), (4, ""), (5, "plot"), (6, "plot"), (8, "")), strict=True
    ):
        assert line.startswith(f"mixed.jsonl:{number}: {field}: " if field else f"mixed.jsonl:{number}: "), line
    assert "line 1" in complaints[-1]
    assert film_count(run) == 3


def test_a_film_told_twice_is_reported_and_no_failure(run, tmp_path):
    path = tmp_path / "twice.jsonl"
    path.write_text(lines([FILMS[0], FILMS[1], FILMS[0]]), encoding="utf-8")
    stored = run("ingest", path)
    assert stored.exit_code == 0
    assert "2 added" in stored.stdout and "1 told twice" in stored.stdout
    assert stored.stderr.startswith("twice.jsonl:3: ") and "line 1" in stored.stderr


def test_at_most_ten_rejected_are_shown_then_a_count(run, tmp_path):
    path = tmp_path / "bad.jsonl"
    path.write_text(lines(FILMS[:1]) + '{"title": "x"}\n' * 25, encoding="utf-8")
    stored = run("ingest", path)
    complaints = stored.stderr.splitlines()
    assert [line.split(": ")[0] for line in complaints[:10]] == [f"bad.jsonl:{number}" for number in range(2, 12)]
    assert complaints[10:] == ["... and 15 more"]
    assert "25 rejected" in stored.stdout


@pytest.mark.parametrize("piped", [False, True])
def test_strict_stores_nothing_unless_all_is_good(run, tmp_path, piped):
    def ingest(text):
        path = tmp_path / "films.jsonl"
        path.write_text(text, encoding="utf-8")
        return run("ingest", "--strict", "-" if piped else path, stdin=text if piped else None)

    refused = ingest(lines(FILMS[:2]) + BAD[0] + "\n")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "stdin:3: plot: " in refused.stderr if piped else "films.jsonl:3: plot: " in refused.stderr
    assert "nothing was stored" in refused.stderr
    assert run("info").exit_code == 1
    stored = ingest(lines(FILMS[:2]))
    assert (stored.exit_code, film_count(run)) == (0, 2)


def test_strict_with_one_bad_source_of_two_stores_nothing(run, films_file, tmp_path):
    refused = run("ingest", "--strict", films_file, tmp_path / "missing.jsonl")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert run("info").exit_code == 1


@pytest.mark.parametrize(
    "name, content",
    [
        ("empty.jsonl", b""),
        ("blank.jsonl", b"\n \n"),
        ("binary.jsonl", bytes(range(256)) * 8),
        ("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(100)),
        ("text.txt", b"Just some words.\nAnd more.\n"),
        ("half.gz", gzip.compress(lines(FILMS).encode(), mtime=0)[:60]),
        ("folder", None),
        ("missing", ...),
    ],
)
def test_source_that_can_not_be_read(run, tmp_path, name, content):
    path = tmp_path / name
    if content is None:
        path.mkdir()
    elif content is not ...:
        path.write_bytes(content)
    refused = run("ingest", path)
    assert refused.exit_code == 1
    assert name in refused.stderr
    assert "Traceback" not in refused.stderr
    assert len(refused.stderr.splitlines()) <= 11
    assert "0 added" in refused.stdout


def test_prune_says_how_many_go(run, films_file):
    run("ingest", films_file)
    films_file.write_text(lines(FILMS[:4]), encoding="utf-8")
    assert "removed" not in run("ingest", films_file).stdout
    pruned = run("ingest", "--prune", films_file)
    assert (pruned.exit_code, pruned.stderr) == (0, "removing 2 films that the sources no longer have\n")
    assert "4 unchanged, 0 rejected, 2 removed;" in pruned.stdout
    assert film_count(run) == 4
    assert run("show", "ring").exit_code == 0
    assert run("show", "evil").exit_code == 1


@pytest.mark.parametrize("name", ["missing.jsonl", "bad.jsonl"])
def test_prune_removes_nothing_when_a_source_failed(run, films_file, tmp_path, name):
    run("ingest", films_file)
    (tmp_path / "bad.jsonl").write_text(BAD[0], encoding="utf-8")
    films_file.write_text(lines(FILMS[:4]), encoding="utf-8")
    assert run("ingest", "--prune", films_file, tmp_path / name).exit_code == 1
    assert film_count(run) == 6


@pytest.mark.integration
def test_another_model_is_refused_and_rebuild_keeps_the_films(run, films_file, tmp_path):
    with MovieSearch(tmp_path / "store", encoder=HashEncoder()) as search:
        search.ingest([Movie("kept", "Kept", "A lighthouse keeper saves a ship in the storm.", 1931)])
    model = ("--model", "all-MiniLM-L6-v2")
    for command in (("ingest", films_file), ("find", "--plot", "a lighthouse", "--mode", "dense")):
        refused = run(*command, *model)
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert refused.stderr.startswith("Error: collection 'films' was made with ")
        for part in ("hash (", "all-MiniLM-L6-v2 (", "--rebuild"):
            assert part in refused.stderr
    unknown = run("find", "--plot", "a lighthouse", "--mode", "dense")
    assert unknown.exit_code == 1
    assert "'films' was made with hash, and that can't be had" in unknown.stderr

    assert run("ingest", "--collection", "beside", films_file).exit_code == 0
    rebuilt = run("ingest", "--rebuild", *model, films_file)
    assert (rebuilt.exit_code, rebuilt.stdout[:7]) == (0, "6 added")
    result = run("find", "--plot", "a lighthouse keeper at sea", "--mode", "dense", "--format", "json")
    assert (result.exit_code, json.loads(result.stdout)["model"]) == (0, "all-MiniLM-L6-v2")
    assert json.loads(result.stdout)["results"][0]["id"] == "kept"


def test_rebuild_without_a_source_takes_the_films_that_are_there(run, tmp_path):
    with MovieSearch(tmp_path / "store", encoder=HashEncoder()) as search:
        search.ingest([Movie("kept", "Kept", "A lighthouse keeper saves a ship.", 1931)])
    rebuilt = run("ingest", "--rebuild", "--model", "all-MiniLM-L6-v2")
    assert rebuilt.exit_code == 0
    assert film_count(run) == 1


def child(*arguments, **options):
    command = [sys.executable, "-m", "moviesearch", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def stored_films(store):
    ledger = store / "films" / "films.sqlite3"
    if not ledger.exists():
        return 0
    with closing(sqlite3.connect(ledger, timeout=30)) as database:
        try:
            return database.execute("SELECT count(*) FROM films WHERE state = 1").fetchone()[0]
        except sqlite3.OperationalError:
            return 0


@pytest.mark.integration
@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("kind", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_interrupted_ingest_keeps_what_is_done_and_goes_on(run, tmp_path, kind):
    total, path = 1200, tmp_path / "many.jsonl"
    path.write_text(lines({"title": f"Film {n}", "plot": f"Clerk {n} naps."} for n in range(total)), encoding="utf-8")
    with child("ingest", path) as process:
        patience = time.monotonic() + 120
        while stored_films(tmp_path / "store") == 0 and process.poll() is None and time.monotonic() < patience:
            time.sleep(0.02)
        process.send_signal(kind)
        out, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert "stopped; what is done is kept" in err and "Traceback" not in err
    stored = film_count(run)
    assert 0 < stored < total
    assert out.startswith(f"{stored:,} added")
    assert stored_films(tmp_path / "store") == stored
    rest = run("ingest", path)
    assert rest.stdout.startswith(f"{total - stored:,} added, 0 updated, {stored:,} unchanged")
    assert film_count(run) == total


# find: formats


def test_json_is_one_object_of_the_contract(find):
    finished = find("--plot", "soldiers wait on a beach for boats", "--limit", "4", "--format", "json")
    assert (finished.exit_code, finished.stderr) == (0, "")
    answer = json.loads(finished.stdout)
    assert list(answer) == ["query", "mode", "model", "took_ms", "results"]
    assert (answer["mode"], answer["model"]) == ("dense", "all-MiniLM-L6-v2")
    assert answer["query"]["plot"] == ["soldiers wait on a beach for boats"]
    assert isinstance(answer["took_ms"], float) and answer["took_ms"] > 0
    assert len(answer["results"]) == 4
    for rank, result in enumerate(answer["results"], 1):
        assert list(result) == ["rank", "id", "title", "year", "score", "cosine", "passage", "genres", "url"]
        film = next(film for film in FILMS if film["id"] == result["id"])
        assert (result["rank"], result["title"], result["year"]) == (rank, film["title"], film.get("year"))
        assert (result["genres"], result["url"]) == (film["genres"], film.get("url"))
        assert result["passage"] in film["plot"]
        assert -1 <= result["cosine"] <= 1
    assert {result["id"] for result in answer["results"][:2]} == {"dunkirk-1958", "dunkirk-2017"}
    scores = [result["score"] for result in answer["results"]]
    assert scores == sorted(scores, reverse=True)


def test_all_formats_tell_the_same(find):
    answers = {form: find("--title", "Amélie", "--format", form).stdout for form in ("json", "jsonl", "csv")}
    results = json.loads(answers["json"])["results"]
    assert [json.loads(line) for line in answers["jsonl"].splitlines()] == results
    rows = list(csv.DictReader(io.StringIO(answers["csv"])))
    assert list(rows[0]) == ["rank", "id", "title", "year", "score", "cosine", "genres", "url"]
    assert len(rows) == len(results) == 5
    for row, result in zip(rows, results, strict=True):
        assert row["genres"] == "|".join(result["genres"])
        for key in ("rank", "id", "year", "score", "url"):
            assert row[key] == ("" if result[key] is None else str(result[key]))


@pytest.mark.parametrize(
    "form, expected",
    [("table", "No film matches.\n"), ("jsonl", ""), ("csv", "rank,id,title,year,score,cosine,genres,url\n")],
)
def test_no_match_is_success(find, form, expected):
    result = find("--title", "Amélie", "--year-from", "2050", "--format", form)
    assert (result.exit_code, result.stdout) == (0, expected)
    assert result.stderr == "a film that is not here yet comes from Wikipedia with `moviesearch fetch TITLE`\n"


def test_no_match_as_json(find):
    result = find("--title", "Amélie", "--year-from", "2050", "--format", "json")
    assert (result.exit_code, json.loads(result.stdout)["results"]) == (0, [])


def test_filters_and_limit(find):
    def ids(*arguments):
        result = find("--id", "ring", "--format", "jsonl", *arguments)
        return {json.loads(line)["id"] for line in result.stdout.splitlines()}

    assert ids("--year-from", 2000) == {"dunkirk-2017", "amelie"}
    assert ids("--year-to", 1980) == {"dunkirk-1958", "evil"}
    assert ids("--genre", "war") == {"dunkirk-1958", "dunkirk-2017"}
    assert ids("--genre", "War", "--genre", "Drama") == {"dunkirk-1958"}
    assert len(ids("--limit", 3)) == 3
    assert len(ids("--limit", 1000)) == 5


# find: the table


@pytest.mark.parametrize("columns", [80, 81, 100, 132, 250])
@pytest.mark.parametrize("explain", [False, True])
def test_table_fits_the_terminal_and_is_plain(find, columns, explain):
    option = ["--explain"] if explain else []
    result = find("--plot", "a man walks around the world", *option, COLUMNS=str(columns))
    assert result.exit_code == 0
    for line in result.stdout.splitlines():
        assert cell_len(line) <= columns, line
        assert all(char.isprintable() for char in line), line


def test_table_has_two_lines_a_film_and_gives_no_ending_away(find):
    lines = find("--id", "amelie").stdout.splitlines()
    assert len(lines) == 10
    for rank, line in enumerate(lines[::2], 1):
        assert line.startswith(f"{rank:>2}  ")
    text = "\n".join(lines)
    for part in ("Dunkirk (1958)", "Dunkirk (2017)", "Ring ", "Drama, War", "    A corporal leads his lost men"):
        assert part in text
    assert all("█" in line or "·" in line for line in lines[::2])
    assert "comes home" not in text and "score" not in text


def test_year_is_shown_however_long_the_title(find):
    output = find("--id", "amelie").stdout
    assert re.search(r"The Extraordinarily.*\(1999\)", output)


def test_explain_shows_scores_and_the_passage(find):
    output = find("--id", "amelie", "--explain").stdout
    assert output.count("cosine ") == 5
    assert "while pilots fight above the sea." in " ".join(output.split())


# find: queries


def best(result):
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)["results"][0]["id"]


WISH = "a tape with a curse kills those who watch it"


def test_plot_from_argument_file_and_standard_input(find, tmp_path):
    path = tmp_path / "wish.txt"
    path.write_bytes(b"\xef\xbb\xbf" + WISH.encode())
    tail = ("--format", "json")
    assert best(find("--plot", WISH, *tail)) == "ring"
    assert best(find("--plot-file", path, *tail)) == "ring"
    assert best(find("--plot", "-", *tail, stdin=WISH)) == "ring"
    assert best(find("--plot-file", "-", *tail, stdin=WISH)) == "ring"
    assert best(find(*tail, stdin=WISH)) == "ring"


def test_words_without_an_option_are_the_plot(find):
    first, *rest = WISH.split()
    for words in (WISH.split(), ["--plot", first, *rest]):  # the second one's quotes were forgotten
        answer = json.loads(find(*words, "--format", "json").stdout)
        assert answer["query"]["plot"] == [WISH]
        assert answer["results"][0]["id"] == "ring"


@pytest.mark.parametrize("command", ["info", "verify", "repair", "mcp"])
def test_a_stray_word_is_refused_where_none_belongs(run, command):
    refused = run(command, "stray")
    assert refused.exit_code == 2
    assert "stray" in refused.stderr


def test_the_store_may_be_named_before_the_command(run, shelf, tmp_path):
    tail = ("--mode", "dense", "--format", "json")
    assert best(run("--store", shelf, "find", "--plot", WISH, *tail)) == "ring"
    nowhere = str(tmp_path / "nowhere")
    refused = run("--store", nowhere, "--collection", "theirs", "find", "--plot", WISH, MOVIESEARCH_STORE=str(shelf))
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert f"no collection 'theirs' in {nowhere}" in refused.stderr
    assert best(run("--store", nowhere, "find", "--store", shelf, "--plot", WISH, *tail)) == "ring"  # the nearer one
    foreign = run("--store", shelf, "copy", "--from", "a", "--to", "b")
    assert foreign.exit_code == 2
    assert "--store does not go with copy" in foreign.stderr


def test_film_like_one_by_title_and_by_id(find):
    assert best(find("--title", "dunkirk", "--year", "2017", "--format", "json")) == "dunkirk-1958"
    assert best(find("--id", "dunkirk-1958", "--format", "json")) == "dunkirk-2017"


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["--title", "Zzzz qqqq"], "`moviesearch fetch 'Zzzz qqqq'`"),
        (["--title", "Amélie", "--year", "1999"], "`moviesearch fetch 'Amélie (1999)'`"),
        (["--title", "Dunkrik"], "`moviesearch fetch Dunkrik`"),
        (["--title", "Dunkirk"], None),  # two films have it
        (["--title", "long " * 40], None),
    ],
)
def test_a_title_that_no_film_has_can_be_fetched(find, arguments, command):
    said = find(*arguments).stderr
    assert ("moviesearch fetch" in said) == (command is not None)
    assert command is None or command in said


@pytest.mark.parametrize(
    "arguments, status, parts",
    [
        (["--title", "Dunkirk"], 1, ["2 films", "1958", "2017", "--year, or --id", "id dunkirk-1958"]),
        (["--title", "Dunkrik"], 1, ["Did you mean", "Dunkirk (1958)"]),
        (["--title", "Zzzz qqqq"], 1, ["there is no film called 'Zzzz qqqq'"]),
        (["--title", "Amélie", "--year", "1999"], 1, ["of 1999", "Amélie (2001)"]),
        (["--id", "nobody"], 1, ["'nobody'"]),
        (["--plot", ""], 2, ["empty"]),
        (["--plot", "  "], 2, ["empty"]),
        (["--plot", "x" * 60_001], 2, ["60,001", "60,000"]),
        (["--plot-file", "missing.txt"], 2, ["missing.txt"]),
        (["--plot", "x", "--measure", "dot"], 2, ["--exact"]),
        (["--plot", "x", "--limit", "0"], 2, ["--limit"]),
        (["--plot", "x", "--limit", "many"], 2, ["--limit"]),
        (["--plot", "x", "--format", "xml"], 2, ["xml"]),
        (["--plot", "x", "--mode", "magic"], 2, ["magic"]),
        (["--plot", "x", "--year-from", "soon"], 2, ["soon"]),
        (["--plot", "x", "--nothing"], 2, ["--nothing"]),
        (["--plot", "x", "--collection", "a/b"], 2, ["'a/b'"]),
        (["--plot", "x", "--collection", "nothing-here"], 1, ["no collection 'nothing-here'", "moviesearch ingest"]),
    ],
)
def test_mistakes_get_a_message_and_a_status(find, arguments, status, parts):
    refused = find(*arguments)
    assert (refused.exit_code, refused.stdout) == (status, "")
    for part in parts:
        assert part in refused.stderr
    assert "Traceback" not in refused.stderr


def test_empty_standard_input_is_no_query(find):
    refused = find(stdin="")
    assert (refused.exit_code, refused.stdout) == (2, "")


def test_plot_file_that_is_no_text(find, tmp_path):
    path = tmp_path / "wish.bin"
    path.write_bytes(b"\xff\xfe\x00")
    refused = find("--plot-file", path)
    assert refused.exit_code == 2
    assert f"{path} is not UTF-8 text (byte 0): give it as UTF-8" in refused.stderr


def test_missing_store_names_the_way(run, tmp_path):
    for command in (["find", "--plot", "x"], ["show", "x"], ["info"], ["export", tmp_path / "out"]):
        refused = run(*command)
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert refused.stderr.startswith("Error: there is no collection 'films'")
        assert "moviesearch ingest" in refused.stderr
    assert not (tmp_path / "store").exists() and not (tmp_path / "out").exists()


def test_debug_shows_the_error_itself(run):
    with pytest.raises(NotFoundError):
        run("--debug", "show", "x")


def test_store_that_is_a_file(run, tmp_path, films_file):
    for command in (["ingest", films_file], ["find", "--plot", "x"]):
        refused = run(*command, "--store", films_file)
        assert refused.exit_code == 1
        assert refused.stderr.startswith("Error: ") and len(refused.stderr.splitlines()) == 1


# show, export, info


def test_show(run, shelf):
    shown = run("show", "--store", shelf, "amelie")
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert shown.stdout.splitlines()[0] == "Amélie (2001)"
    assert "id: amelie" in shown.stdout and "genres: Comedy, Romance" in shown.stdout
    assert FILMS[2]["plot"] in shown.stdout
    record = json.loads(run("show", "--store", shelf, "Dunkirk", "--year", "2017", "--format", "json").stdout)
    assert record == FILMS[1]


def test_show_can_not_steer_a_terminal(run, shelf):
    for film in ("evil", "long"):
        output = run("show", "--store", shelf, film).stdout
        assert all(char.isprintable() or char == "\n" for char in output)


def test_info(run, shelf):
    info = json.loads(run("info", "--store", shelf, "--check", "--format", "json").stdout)
    assert (info["films"], info["passages"], info["model"]) == (6, 6, "all-MiniLM-L6-v2")
    assert (info["dimension"], info["window"], info["years"], info["wrong"]) == (384, 256, [1958, 2017], None)
    shown = run("info", "--store", shelf)
    assert shown.exit_code == 0
    for part in ("films      6, 1958 to 2017", "all-MiniLM-L6-v2", "health     good"):
        assert part in shown.stdout


def test_export(run, shelf, tmp_path):
    result = run("export", "--store", shelf, tmp_path / "out")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("6 films in ")
    records = json.loads((tmp_path / "out" / "movies.json").read_text(encoding="utf-8"))
    assert [film["id"] for film in records] == [film["id"] for film in FILMS]
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert run("export", "--store", shelf, blocked).exit_code == 2


def test_version_and_help(run):
    assert run("--version").stdout == f"moviesearch, version {__version__}\n"
    assert run("-h").stdout == run("--help").stdout
    help_text = run("--help").stdout
    for command in ("ingest", "find", "show", "export", "info"):
        assert f"\n  {command} " in help_text
        assert run(command, "-h").exit_code == 0


# a real process


def test_answer_into_a_closed_pipe_is_no_error(shelf):
    with child("find", "--store", shelf, "--title", "Amélie", "--mode", "dense") as process:
        process.stdout.close()
        err = process.stderr.read()
        assert process.wait(60) == 0, err
    assert err == ""


def at_terminal(*arguments, **environment):
    """What a command shows on a terminal of 80 columns."""
    import pty

    controller, terminal = pty.openpty()
    command = [sys.executable, "-m", "moviesearch", *map(str, arguments)]
    variables = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", **environment}
    with subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, env=variables):
        os.close(terminal)
        output = b""
        while True:
            try:
                part = os.read(controller, 65536)
            except OSError:
                break
            if not part:
                break
            output += part
    os.close(controller)
    return output.decode()


@pytest.mark.integration
@pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals")
def test_colour_on_a_terminal_unless_no_color(shelf):
    command = ("find", "--store", shelf, "--title", "Amélie", "--mode", "dense")
    coloured, plain = at_terminal(*command), at_terminal(*command, NO_COLOR="1")
    colour = re.compile(r"\x1b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9[0-7])[;m]")
    assert colour.search(coloured)
    assert not colour.search(plain)
    bare = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert "\x1b" not in bare and "Dunkirk (1958)" in bare
    assert all(cell_len(line) <= 80 for line in bare.splitlines())


@pytest.mark.integration
@pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals")
def test_progress_is_shown_on_a_terminal_alone(run, films_file):
    assert "films" in at_terminal("ingest", films_file)
    assert run("ingest", "--collection", "second", films_file).stderr == ""


@pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals")
def test_find_with_nothing_said_on_a_terminal_asks(shelf):
    assert "say what to find" in at_terminal("find", "--store", shelf)
