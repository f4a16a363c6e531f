"""Titles as people type them: the film that is meant, or the ones to choose from."""

import pytest
from support.hash_encoder import SETTING, HashEncoder

from moviesearch import Movie, MovieSearch
from moviesearch.config import Settings
from moviesearch.errors import NotFoundError
from moviesearch.retrieval.titles import taken

FOLDER_AND_SERVER = True

FILMS = [
    Movie("lantern-1", "The Lantern", "A keeper lights a lamp.", 1931),
    Movie("lantern-2", "The Lantern: Part II", "The keeper comes back.", 1935),
    Movie("ring-jp", "Ring", "A tape is cursed.", 1998),
    Movie("ring-us", "The Ring", "A tape is cursed again.", 2002),
    Movie("ferry-1958", "Ferry of Thieves", "Thieves take a ferry.", 1958, (), None, {"also": ["Le Bac des voleurs"]}),
    Movie("ferry-1990", "Ferry of Thieves", "Thieves take the ferry back.", 1990),
    Movie("noor", "Café Noor", "Two cooks share a stove.", 2004, (), None, {"original_title": "Noor Kahvesi"}),
    Movie("walker", "Blade Walker 2049", "A walker looks for rain.", 2017),
    Movie("wave", "L'Onda", "A wave takes a village.", 1960, (), None, {"also": "The Wave; Die Welle"}),
    Movie("dont", "Don't Look Back & Run", "A man runs.", 1973),
    Movie("lodz", "Świt nad Łodzią", "A city wakes.", 1979),
    Movie("undated", "The Hill of Owls", "Owls watch a hill."),
    Movie("numbers", "1917 Nights", "A war goes on.", 2019),
    Movie("initials", "L.A. Nocturne", "A singer leaves a city.", 1949),
]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    with MovieSearch(tmp_path_factory.mktemp("titles"), encoder=HashEncoder()) as search:
        search.ingest(FILMS, setting=SETTING)
        yield search


@pytest.mark.parametrize(
    "typed, film",
    [
        ("lantern", "lantern-1"),
        ("Lantern, The", "lantern-1"),
        ("the lantern (1931)", "lantern-1"),
        ("lantern 1931", "lantern-1"),
        ("Lantern, 1932", "lantern-1"),  # a year off
        ("lantern 2", "lantern-2"),
        ("the lantern part two", "lantern-2"),
        ("ring", "ring-jp"),
        ("the ring", "ring-us"),
        ("ring 2002", "ring-us"),
        ("The Ring (1998)", "ring-jp"),
        ("ferry of thieves (1958)", "ferry-1958"),
        ("ferry of thieves 1989", "ferry-1990"),
        ("le bac des voleurs", "ferry-1958"),
        ("cafe noor", "noor"),
        ("noor kahvesi", "noor"),
        ("blade walker 2049", "walker"),
        ("bladewalker 2049", "walker"),
        ("l'onda", "wave"),
        ("Onda, L'", "wave"),
        ("onda", "wave"),
        ("the wave", "wave"),
        ("wave", "wave"),
        ("dont look back and run", "dont"),
        ("Don’t look back & run!", "dont"),
        ("swit nad lodzia", "lodz"),
        ("hill of owls", "undated"),
        ("The Hill of Owls (1966)", "undated"),  # nobody knows its year
        ("1917 nights", "numbers"),
        ("la nocturne", "initials"),
        ("Thieves' Ferry (Le Bac des voleurs) (1958)", "ferry-1958"),
        ("the lantren", "lantern-1"),
        ("lanterm", "lantern-1"),
        ("cafee noor", "noor"),
        ("hil of owls", "undated"),
        ("nor kahvesi", "noor"),
    ],
)
def test_one_clear_film_is_taken(shelf, typed, film):
    assert shelf.show(typed).id == film


@pytest.mark.parametrize("typed", ["Ferry of Thieves", "ferry of theives", "FERRY OF THIEVES!"])
def test_several_are_listed(shelf, typed):
    with pytest.raises(NotFoundError) as asked:
        shelf.show(typed)
    for part in ("1958", "1990"):
        assert part in str(asked.value)
    assert shelf.show(typed, 1990).id == "ferry-1990"


@pytest.mark.parametrize(
    "typed, nearest",
    [
        ("The Lanterns", "The Lantern (1931)"),  # another film, most likely
        ("The Lantern 3", "The Lantern (1931)"),
        ("The Lantern (1999)", "The Lantern (1931)"),
        ("Rings", "Ring (1998)"),
        ("Blade Walker 2050", "Blade Walker 2049 (2017)"),
        ("Noor", "Café Noor (2004)"),
    ],
)
def test_what_may_be_another_film_is_not_taken_but_named(shelf, typed, nearest):
    with pytest.raises(NotFoundError, match="Did you mean: ") as asked:
        shelf.show(typed)
    assert nearest in str(asked.value)


@pytest.mark.parametrize(
    "typed, note",
    [
        ("The Lantern", None),
        ("  the  lantern ", None),
        ("lantern", "taking 'The Lantern (1931)'"),
        ("The Lantern (1931)", "taking 'The Lantern (1931)'"),
        ("hil of owls", "taking 'The Hill of Owls'"),
        ("dont look back and run", 'taking "Don\'t Look Back & Run (1973)"'),
        ("ring-us", None),
    ],
)
def test_what_was_taken_is_told_unless_it_is_what_was_typed(shelf, typed, note):
    assert taken(typed, shelf.show(typed)) == note


def test_a_year_that_is_near_is_taken_and_told(shelf):
    lantern = shelf.show("The Lantern", 1932)
    assert lantern.id == "lantern-1"
    assert taken("The Lantern", lantern, 1932) == "taking 'The Lantern (1931)'"
    assert taken("The Lantern", lantern, 1931) is None


def test_other_titles_complete_too(shelf):
    def complete(text):
        return [title.id for title in shelf.catalogue().complete(text)]

    assert complete("le bac") == ["ferry-1958"]
    assert complete("welle") == ["wave"]
    assert complete("noor") == ["noor"]  # by both titles, and named once
    assert complete("dont l") == complete("don't l") == ["dont"]


def test_unlike_takes_titles_as_they_are_typed_and_says_so(shelf):
    answer = shelf.find(["thieves on a ferry"], unlike=["lantern, the", "cafe noor", "hill of owls"])
    assert not {"lantern-1", "noor", "undated"} & {match.movie.id for match in answer.matches}
    assert answer.notes == ("unlike: taking 'The Hill of Owls'",)


def test_a_store_is_asked_by_titles_from_every_machine(open_search):
    open_search().ingest(FILMS, setting=SETTING)
    there = open_search(machine="there")
    assert [there.show(typed).id for typed in ("lantern", "le bac des voleurs", "la nocturne")] == [
        "lantern-1", "ferry-1958", "initials"
    ]  # fmt: skip
    there._collection.ledger.set_facts(titles=None)  # as a mirror of an earlier version has none
    assert there.show("lantern").id == "lantern-1"
    answer = there.find(["a lamp"], seen=[("Lantern, The", 1931), ("dont look back and run", None)])
    assert answer.notes == ("seen: 2 of 2 entries are in this collection",)
    assert not {"lantern-1", "dont"} & {match.movie.id for match in answer.matches}


def test_films_of_one_title_are_shown_as_they_can_be_asked_for(shelf):
    with pytest.raises(NotFoundError) as asked:
        shelf.show("ferry of thieves")
    assert "Did you mean 'Ferry of Thieves (1958)' or 'Ferry of Thieves (1990)'? Say which" in str(asked.value)
    assert shelf.show("Ferry of Thieves (1958)").id == "ferry-1958"


def test_films_of_one_title_and_year_are_told_apart_by_ids(tmp_path, encoder):
    with MovieSearch(tmp_path / "store", encoder=encoder) as search:
        search.ingest([Movie("a", "Fog", "One.", 1980), Movie("b", "Fog", "Two.", 1980), Movie("c", "Fog", "Three.")])
        with pytest.raises(NotFoundError) as asked:
            search.show("fog")
    assert "Did you mean" not in str(asked.value) and str(asked.value).endswith("Say which by its year or id")


def test_of_many_films_of_one_title_some_are_shown(tmp_path, encoder):
    with MovieSearch(tmp_path / "store", encoder=encoder) as search:
        search.ingest([Movie(f"fog-{year}", "Fog", f"Fog of {year}.", year) for year in range(1950, 2010, 10)])
        with pytest.raises(NotFoundError, match=r"or another year\?"):
            search.show("fog")


def test_nearest_titles_come_in_the_order_of_likeness(tmp_path, encoder):
    with MovieSearch(tmp_path / "store", encoder=encoder) as search:
        search.ingest([Movie("z", "Z", "A plot.", 1969), Movie("jaws", "Jaws", "A shark.", 1975)])
        assert search.suggest("Jawz") == ["Jaws (1975)", "Z (1969)"]


def test_a_question_that_is_a_title_with_a_slip_is_told_so(bundled_store, model_cache):
    with MovieSearch(settings=Settings(store=str(bundled_store), cache=model_cache)) as search:
        for typed, is_told in (("amelei", True), ("amelie", False), ("a shark attacks a beach", False)):
            said = [note for note in search.find(typed).notes if note.startswith("Did you mean")]
            assert said == ["Did you mean the film Amélie (2001)? It can be looked up by its title"] * is_told
