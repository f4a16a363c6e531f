"""Titles, genres, years and lists of films seen, as people give them to the command line."""

import json

import pytest
from support.hash_encoder import SETTING, HashEncoder

from moviesearch import Movie, MovieSearch

BY_NOOR = {"director": ["Ida Noor"], "country": ["United States"], "language": "English", "runtime": 70}
BY_LI = {"director": "Bo Li", "cast": "Cy Dow, Ida Noor", "country": "France", "language": "fr", "runtime": "1h 40m"}
CRIME = ("Crime",)
FILMS = [
    Movie("lantern-1931", "The Lantern", "A keeper lights a lamp by the sea.", 1931, ("Drama",), None, BY_NOOR),
    Movie(
        "ferry-1958", "Ferry of Thieves", "Thieves take a ferry over the sea.", 1958, ("Crime", "Comedy"), None, BY_LI
    ),
    Movie("ferry-1990", "Ferry of Thieves", "Thieves take the ferry back by the sea.", 1990, CRIME),
    Movie("noor", "Café Noor", "Two cooks share a stove by the sea.", 2004, ("Romance", "Comedy")),
    Movie("comet", "Comet's Tail", "A comet falls into the sea.", 1977, ("Science Fiction",)),
]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("typed")
    with MovieSearch(folder, encoder=HashEncoder()) as search:
        search.ingest(FILMS, setting=SETTING)
    return folder


@pytest.fixture
def find(run, store):
    """find("--title", ...) -> the result of the command, and the ids that it found."""

    def find_one(*arguments, plot="the sea"):
        about = () if "--title" in arguments else ("--plot", plot)
        result = run("find", "--store", store, "--mode", "lexical", "--format", "jsonl", *about, *arguments)
        return result, {json.loads(line)["id"] for line in result.stdout.splitlines()}

    return find_one


def test_what_a_question_says_it_is_not_is_left_out_and_said(run, store):
    asked = ("find", "--store", store, "--mode", "lexical", "by the sea, no horror. Not The Lantern", "--format")
    said = ["left out, as not the film that is meant: The Lantern (1931)", "not looked up: “no horror”"]
    assert run(*asked, "table").stderr.splitlines() == said
    answer = json.loads(run(*asked, "json").stdout)
    assert answer["notes"] == said
    assert {film["id"] for film in answer["results"]} == {"ferry-1958", "ferry-1990", "noor", "comet"}


@pytest.mark.parametrize(
    "typed, film, note",
    [
        ("lantern", "lantern-1931", "taking 'The Lantern (1931)'\n"),
        ("The Lantern (1931)", "lantern-1931", "taking 'The Lantern (1931)'\n"),
        ("comets tail 1977", "comet", 'taking "Comet\'s Tail (1977)"\n'),
        ("CAFE NOOR", "noor", "taking 'Café Noor (2004)'\n"),
        ("cafee noor", "noor", "taking 'Café Noor (2004)'\n"),
        ("ferry of thieves, 1958", "ferry-1958", "taking 'Ferry of Thieves (1958)'\n"),
        ("the lantern", "lantern-1931", ""),
        ("Café Noor", "noor", ""),
    ],
)
def test_one_clear_title_is_taken_and_said(run, find, store, typed, film, note):
    shown = run("show", "--store", store, typed, "--format", "json")
    assert (shown.exit_code, json.loads(shown.stdout)["id"], shown.stderr) == (0, film, note)
    result, found = find("--title", typed)
    assert (result.exit_code, result.stderr) == (0, note)
    assert film not in found


def test_several_are_listed_with_the_way_to_say_which(run, store):
    refused = run("show", "--store", store, "ferry of thieves")
    assert (refused.exit_code, refused.stdout) == (1, "")
    for part in ("2 films", "1958, id ferry-1958", "1990, id ferry-1990", "--year, or the id in place of the title"):
        assert part in refused.stderr
    assert run("show", "--store", store, "ferry of thieves", "--year", "1990").exit_code == 0


def test_genres_are_taken_as_they_are_meant_or_listed(find):
    result, found = find("--genre", "scifi")
    assert (result.exit_code, found) == (0, {"comet"})
    assert result.stderr == "genre: taking 'Science Fiction' for 'scifi'\n"
    assert find("--genre", "rom com")[1] == {"noor"}
    assert find("--genre", "crimes", "--genre", "comdey")[1] == {"ferry-1958"}
    result, found = find("--genre", "Crime")
    assert (result.stderr, found) == ("", {"ferry-1958", "ferry-1990"})
    refused, _ = find("--genre", "zombie")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert (
        "'zombie'. The genres are: Comedy (2), Crime (2), Drama (1), Romance (1), Science Fiction (1)" in refused.stderr
    )


@pytest.mark.parametrize(
    "filters, films, note",
    [
        (("--director", "noor"), {"lantern-1931"}, "director: taking 'Ida Noor' for 'noor'\n"),
        (("--cast", "Ida Noor", "--cast", "cy dow"), {"ferry-1958"}, ""),
        (("--country", "usa"), {"lantern-1931"}, "country: taking 'United States' for 'usa'\n"),
        (("--language", "french"), {"ferry-1958"}, ""),
        (("--runtime-from", 71), {"ferry-1958"}, ""),
        (("--runtime-to", 100, "--runtime-from", 70), {"lantern-1931", "ferry-1958"}, ""),
        (("--not-genre", "crime", "--not-genre", "Drama"), {"noor", "comet"}, ""),
    ],
)
def test_filters_by_who_where_and_how_long(find, filters, films, note):
    result, found = find(*filters)
    few = [line for line in result.stderr.splitlines(keepends=True) if ": of 5 films " in line]
    assert (result.exit_code, found, result.stderr.replace("".join(few), "")) == (0, films, note)
    assert bool(few) == (filters[0] != "--not-genre")


def test_filters_hold_for_films_like_one(find):
    result, found = find("--title", "Café Noor", "--country", "france", "--runtime-to", 120)
    assert (result.exit_code, found) == (0, {"ferry-1958"})


def test_a_filter_of_nobody_is_an_error_with_the_nearest(find):
    for filters, reason in (
        (("--director", "Ida Moor Lee"), "no film here has the director 'Ida Moor Lee'. Did you mean: Ida Noor?"),
        (("--country", "Atlantis"), "The countries are: France (1), United States (1)"),
        (("--not-genre", "zombie"), "The genres are: Comedy (2)"),
        (("--runtime-to", "-1"), "--runtime-to"),
        (("--runtime-to", "soon"), "--runtime-to"),
    ):
        refused, _ = find(*filters)
        assert (refused.exit_code, refused.stdout) == (2, "")
        assert reason in refused.stderr


def test_years_the_wrong_way_round_are_said(find):
    result, found = find("--year-from", 1990, "--year-to", 1950)
    assert (result.exit_code, found) == (0, set())
    assert "from 1990 to 1950" in result.stderr and "from 1950 to 1990" in result.stderr


def test_it_is_always_said_how_much_of_a_list_is_here(find, tmp_path):
    seen = tmp_path / "seen.txt"
    seen.write_text(
        "- Lantern, The (1931) ★★★\n- cafe noor\n- Ferry of Thieves (1958)\n- An Unknown Film (1999)\n---\n"
    )
    result, found = find("--seen", seen)
    assert (result.exit_code, found) == (0, {"ferry-1990", "comet"})
    assert result.stderr == "seen: 3 of 4 entries are in this collection\n"
    seen.write_text("- [x] The Lantern\n- [ ] Cafe Noor\n", encoding="utf-8")
    result, found = find("--seen", seen)
    assert found == {"ferry-1958", "ferry-1990", "noor", "comet"}
    assert result.stderr.splitlines() == [
        "seen: 1 entry has no tick and may answer",
        "seen: 1 of 1 entry is in this collection",
    ]
    seen.write_text("Title,Year\nAnother,soon\n,1999\n")
    result, found = find("--seen", seen)
    assert (result.exit_code, len(found)) == (0, 5)
    assert result.stderr.splitlines() == [
        "seen: 1 year is not understood and left open, such as line 2: 'soon'",
        "seen: 1 line could not be read: line 3: has no title",
        "seen: 0 of 1 entry is in this collection",
    ]


@pytest.mark.parametrize(
    "content, reason",
    [(b"", "names no films"), (b"Name,Year\n", "names no films"), (b"a_b,c\nx,y\n", "columns title and year"),
     (b"PK\x03\x04", "a zip archive"), (b'[{"title": ', "broken JSON"), (None, "there is no file")],
)  # fmt: skip
def test_a_list_that_can_not_be_read_is_named_before_anything_is_sought(find, tmp_path, content, reason):
    seen = tmp_path / "seen.csv"
    if content is not None:
        seen.write_bytes(content)
    refused, _ = find("--seen", seen)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert reason in refused.stderr and "seen.csv" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("a shark", "--year", "1999"), "--year goes with --title; for a filter there are --year-from and --year-to"),
        (("a shark", "--as", "Ann"), "--as goes with --unseen"),
        (("a shark", "--measure", "cosine"), "--measure goes with --exact"),
        (("...",), "nothing to look for: there is no word in '...'"),
        (("\u200b", "--explain"), "nothing to look for: there is no word in '\\u200b'"),
        (("",), "nothing to look for: the plot is empty"),
        ((), 'say what to find: `moviesearch find "a shark attacks a beach"`'),
        (("--unlike", "Jaws"), 'say what to find: `moviesearch find "a shark attacks a beach"`'),
    ],
)
def test_what_would_not_count_is_said(run, store, arguments, why):
    result = run("find", "--store", store, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert why in result.stderr


def test_a_title_in_a_message_steers_no_terminal(run, tmp_path):
    with MovieSearch(tmp_path / "odd", encoder=HashEncoder()) as search:
        search.ingest([Movie("odd", "Jaw\x1b[31m\u202es of Steel", "A shark.")], setting=SETTING)
    for command in (
        ("show", "jaw 31ms of"),
        ("seen", "add", "jaw 31ms of"),
    ):
        result = run(*command, "--store", tmp_path / "odd")
        assert "Did you mean" in result.stderr
        assert not {"\x1b", "\u202e"} & set(result.stderr)


@pytest.mark.parametrize(
    "filters", [("--genre", "Crime", "--not-genre", "crime"), ("--year-from", "2000", "--year-to", "1990")]
)
def test_what_no_film_can_be_is_not_looked_for_elsewhere(run, store, filters):
    result = run("find", "the sea", "--store", store, "--mode", "lexical", *filters)
    assert "so no film matches" in result.stderr
    assert "fetch" not in result.stderr
