"""Films found: one row a film, never the film asked for, all that the filters admit, and the scores worked out anew."""

from contextlib import ExitStack
from dataclasses import replace
from functools import cache

import pytest
from support.corpus import corpus
from support.hash_encoder import SETTING, HashEncoder, cosine

from moviesearch import Movie, MovieSearch
from moviesearch.config import Settings
from moviesearch.embedding.passages import split, whole_film
from moviesearch.errors import NotFoundError, UsageError
from moviesearch.request import LONGEST_QUERY, Filters
from moviesearch.retrieval import nearest, scope

ENCODER = HashEncoder()


FILMS = tuple(corpus(400))


@cache
def cosines(query, exact):
    """The cosine of each film's best passage (or of its whole text) with a query, worked out one by one."""
    wanted = ENCODER.vector(query)
    return [
        max(
            cosine(wanted, ENCODER.vector(text))
            for text in ([whole_film(film.title, film.plot)] if exact else split(film, ENCODER.tokenize, SETTING))
        )
        for film in FILMS
    ]


def brute_force(query, admits, *, exact=False):
    """(cosine, id) of every admitted film, best first."""
    scores = [(score, film.id) for film, score in zip(FILMS, cosines(query, exact), strict=True) if admits(film)]
    return sorted(scores, key=lambda scored: -scored[0])


def assert_equal_but_for_ties(matches, expected, limit):
    """The expected scores in order, and above the last score the expected films, whatever the order of equals."""
    assert len(matches) == min(limit, len(expected))
    assert [match.score for match in matches] == pytest.approx([score for score, _ in expected[:limit]], abs=1e-5)
    scores = dict((film, score) for score, film in expected)
    assert len({match.movie.id for match in matches}) == len(matches)
    for match in matches:
        assert match.score == pytest.approx(scores[match.movie.id], abs=1e-5)


@pytest.fixture(scope="module", params=["folder", pytest.param("server", marks=pytest.mark.server)])
def filled(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("filled")
    on_server = request.param == "server"
    store = request.getfixturevalue("chroma_server").database() if on_server else str(folder / "store")
    settings = Settings(store=store, cache=folder / "cache")
    with MovieSearch(settings=settings, encoder=HashEncoder()) as search:
        search.ingest(FILMS, setting=SETTING)
        yield search


QUERIES = ("word1 word2 word3", "word7", "word10 word20 word30 word40 word50 word60", "nothing that they know")
FILTERS = (
    (Filters(), lambda film: True),
    (Filters(year_from=1990), lambda film: film.year is not None and film.year >= 1990),
    (Filters(year_to=1930), lambda film: film.year is not None and film.year <= 1930),
    (Filters(1950, 1950), lambda film: film.year == 1950),
    (Filters(genres=("war",)), lambda film: "War" in film.genres),
    (Filters(genres=("Drama", "SCIENCE FICTION")), lambda film: {"Drama", "Science Fiction"} <= set(film.genres)),
    (
        Filters(1940, 1980, ("Comedy",)),
        lambda film: film.year is not None and 1940 <= film.year <= 1980 and "Comedy" in film.genres,
    ),
    (Filters(genres=("Western",)), lambda film: False),
    (Filters(2020, 1920), lambda film: False),
)


WAYS = ("scanned", "over-fetched", "over-fetched, then id filter", "over-fetched twice")


def take(way, search, monkeypatch):
    """Have filters applied in one of the ways that there are, which sizes decide otherwise."""
    monkeypatch.setattr(search._collection.chroma, "vector_ms", 0.0 if way == "scanned" else 1e9)
    monkeypatch.setattr(scope, "LONGEST_ID_FILTER", 0 if way == "over-fetched twice" else scope.LONGEST_ID_FILTER)
    if way not in ("scanned", "over-fetched"):
        monkeypatch.setattr(nearest, "OVERFETCHED", 0)
        monkeypatch.setattr(nearest, "ROWS_A_FILM", 0)


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("number", range(len(FILTERS)))
def test_filters_agree_with_brute_force(filled, number, way, exact, monkeypatch):
    take(way, filled, monkeypatch)
    filters, admits = FILTERS[number]
    for query in QUERIES:
        for limit in (1, 10, 60):
            answer = filled.find([query], limit=limit, mode="dense", filters=filters, exact=exact)
            assert all(admits(match.movie) for match in answer.matches)
            assert_equal_but_for_ties(answer.matches, brute_force(query, admits, exact=exact), limit)


def test_one_row_a_film_by_its_best_passage(filled):
    by_id = {film.id: film for film in FILMS}
    answer = filled.find(["word3 word4 word5"], limit=400, mode="dense")
    assert sorted(match.movie.id for match in answer.matches) == sorted(by_id)
    assert [match.rank for match in answer.matches] == list(range(1, 401))
    wanted = ENCODER.vector("word3 word4 word5")
    for match in answer.matches:
        assert match.movie == by_id[match.movie.id]
        texts = split(match.movie, ENCODER.tokenize, SETTING)
        best = max(texts, key=lambda text: cosine(wanted, ENCODER.vector(text)))
        assert match.cosine == pytest.approx(cosine(wanted, ENCODER.vector(best)), abs=1e-5)
        assert whole_film(match.movie.title, match.passage) in texts
        assert match.passage in match.movie.plot


def test_score_is_the_cosine_worked_out_by_hand(open_search):
    search = open_search(encoder=HashEncoder(dimension=4096))
    search.ingest([Movie("a", "Red", "a b c"), Movie("b", "Blue", "d e f")], setting=SETTING)
    answer = search.find(["red a b zebra"], mode="dense")
    assert [match.movie.id for match in answer.matches] == ["a", "b"]
    # 3 shared words, 4 on either side, and the mark that every text has; then none shared.
    assert answer.matches[0].cosine == pytest.approx((3 + 1) / 5, abs=1e-6)
    assert answer.matches[1].cosine == pytest.approx(1 / 5, abs=1e-6)
    assert (answer.mode, answer.model) == ("dense", "hash")


def near_and_far(near=300, far=5):
    """Films very like "golden compass", of 1990, and a few unlike it, of 2020 and of a genre of their own."""
    yield from (Movie(f"near-{n}", f"Near {n}", "golden compass", 1990, ("Drama",)) for n in range(near))
    yield from (Movie(f"far-{n}", f"Far {n}", f"A plain tale of thing{n}", 2020, ("War",)) for n in range(far))


@pytest.fixture(scope="module")
def open_filled(tmp_path_factory):
    """open_filled(films) -> a MovieSearch over these films; only to be read, and closed with the module."""
    with ExitStack() as opened:

        def open_one(films):
            folder = tmp_path_factory.mktemp("filled")
            settings = Settings(store=str(folder / "store"), cache=folder / "cache")
            search = opened.enter_context(MovieSearch(settings=settings, encoder=HashEncoder()))
            search.ingest(films, setting=SETTING)
            return search

        yield open_one


@pytest.fixture(scope="module")
def crowd(open_filled):
    return open_filled(near_and_far())


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("filters", [Filters(year_from=2020), Filters(year_from=1991), Filters(genres=("War",))])
def test_filters_never_shorten_the_list_while_films_match(crowd, filters, way, monkeypatch):
    search = crowd
    take(way, search, monkeypatch)
    unfiltered = search.find(["golden compass"], limit=1000, mode="dense").matches
    assert [match.movie.year for match in unfiltered] == [1990] * 300 + [2020] * 5
    answer = search.find(["golden compass"], limit=10, mode="dense", filters=filters)
    assert {match.movie.id for match in answer.matches} == {f"far-{n}" for n in range(5)}
    for limit in (1, 3):
        assert len(search.find(["golden compass"], limit=limit, mode="dense", filters=filters).matches) == limit


ODD_GENRES = ("Sci-Fi", '"Quoted"', "50% True", "True_Story", "Back\\slash", "Really!", "Émigré", "Sci, Fi", "家族")


@pytest.mark.parametrize("way", WAYS)
def test_genres_are_compared_whole_and_letter_by_letter(search, way, monkeypatch):
    films = (Movie(genre, f"Film {n}", "a b c", None, ("Drama", genre)) for n, genre in enumerate(ODD_GENRES))
    search.ingest(films, setting=SETTING)
    take(way, search, monkeypatch)
    for genre in ODD_GENRES:
        for asked in (genre, genre.swapcase() if genre.isascii() else genre):
            answer = search.find(["a b"], filters=Filters(genres=(asked, "drama")))
            assert [match.movie.id for match in answer.matches] == [genre]
    for part in ("Sci", "50_ True", "True%", '", "', "%"):
        assert not search.find(["a b"], filters=Filters(genres=(part,))).matches


def test_a_film_of_very_many_passages_does_not_crowd_out_the_others(search):
    saga = Movie("saga", "Saga", " ".join("The golden compass points north again." for _ in range(300)))
    others = [Movie(f"o{n}", f"Other {n}", f"A compass lies in room {n}.") for n in range(20)]
    assert search.ingest([saga, *others], setting=SETTING).passages > 100
    answer = search.find(["golden compass north"], limit=15, mode="dense")
    assert answer.matches[0].movie == saga
    assert len({match.movie.id for match in answer.matches}) == 15


# films like one in the collection


@pytest.mark.parametrize("exact", [False, True])
def test_the_film_asked_for_and_its_twins_are_never_in_its_own_answer(search, exact):
    plot = "A captain hunts a white whale over all the seas."
    asked = Movie("moby", "Moby-Dick", plot, 1956)
    twins = [replace(asked, id=title, title=title) for title in ("Moby-Dick", "moby dick!", "Móby-Dick")]
    remake, namesake = replace(asked, id="remake", year=1998), replace(asked, id="other", title="The Whale")
    others = [remake, namesake, Movie("x", "X", "y")]
    search.ingest([asked, *twins, *others], setting=SETTING)
    answer = search.find(films=["moby"], mode="dense", exact=exact)
    assert {match.movie.id for match in answer.matches} == {"remake", "other", "x"}
    assert len(search.find(films=["moby"], limit=2, mode="dense", exact=exact).matches) == 2
    assert answer.query["films"] == ["moby"]


def test_film_of_many_passages_as_the_query_finds_the_same_story(search):
    story = [f"The thief number{n} opens vault{n} and takes gem{n} away." for n in range(8)]
    asked = Movie("asked", "Heist", " ".join(story), 1990)
    retold = Movie("retold", "Again", " ".join(reversed(story)), 2010)
    crowd = [Movie(f"c{n}", f"Crowd {n}", f"The baker number{n} bakes bread{n} and sells it away.") for n in range(40)]
    search.ingest([asked, *crowd, retold], setting=SETTING)
    answer = search.find(films=["asked"], limit=41, mode="dense")
    assert answer.matches[0].movie.id == "retold"
    assert len(answer.matches) == 41


def test_ids_that_are_not_there(search):
    search.ingest([Movie("a", "A", "b")], setting=SETTING)
    with pytest.raises(NotFoundError, match="'nobody'"):
        search.find(films=["a", "nobody"], mode="dense")


# queries


def test_a_long_query_is_matched_piece_by_piece(search):
    beginning = " ".join(f"Alpha{n} beta{n} gamma{n} delta{n}." for n in range(8))
    end = " ".join(f"Zeta{n} eta{n} theta{n} iota{n}." for n in range(8))
    crowd = [Movie(f"c{n}", f"Crowd {n}", f"Alpha{n} walks beside kappa{n}.") for n in range(30)]
    search.ingest([Movie("first", "One", beginning), Movie("last", "Two", end), *crowd], setting=SETTING)
    answer = search.find([f"{beginning} {end}"], limit=10, mode="dense")
    assert {match.movie.id for match in answer.matches[:2]} == {"first", "last"}
    cut_off = search.find([f"{beginning} {end}"], limit=10, mode="dense", exact=True)
    assert cut_off.matches[0].movie.id == "first"
    assert cut_off.matches[0].score > 2 * max(match.score for match in cut_off.matches if match.movie.id == "last")


@pytest.fixture(scope="module")
def pair(open_filled):
    return open_filled([Movie("a", "A", "b"), Movie("b", "B", "c")])


NOTHING = ["", " \n\t", "?!", "...", "\x00\x07", "\x1b", "\u200b", "\u202e", "\ufeff", "\ufffd", "\u3164", "\u0301"]


@pytest.mark.parametrize("plots", [[], *([text] for text in NOTHING), ["a film", ""]])
@pytest.mark.parametrize("mode", ["dense", "hybrid", "lexical"])
def test_query_without_a_word_is_refused(pair, plots, mode):
    with pytest.raises(UsageError, match="nothing to look for"):
        pair.find(plots, mode=mode)
    with pytest.raises(UsageError, match="nothing to look for"):
        pair.find("a film", unlike=plots or "!", mode=mode)


@pytest.mark.parametrize(
    ("wishes", "why"),
    [
        ({"plots": None}, "plots is None"),
        ({"plots": 123}, "plots is 123"),
        ({"plots": [5]}, "the plot is 5"),
        ({"films": b"jaws"}, "films is b'jaws'"),
        ({"unlike": {"a": 1}}, "unlike is"),
        ({"seen": ["Jaws"]}, "a film of seen is 'Jaws'.*such as"),
        ({"seen": ["Up"]}, "a film of seen is 'Up'"),
        ({"seen": [("Jaws",)]}, "a film of seen is"),
        ({"seen": [("Jaws", "1975")]}, "the year of a film seen is '1975'"),
        ({"seen": "list.csv"}, "seen is 'list.csv'"),
        ({"filters": {"year_from": 1990}}, r"should be Filters, such as Filters\(year_from=1990\)"),
        ({"replies": ["word:ship=yes"]}, "should be a Reply"),
        ({"limit": "3"}, "limit is '3'"),
    ],
)
def test_arguments_of_another_type_are_named(pair, wishes, why):
    with pytest.raises(UsageError, match=why):
        pair.find(**{"plots": "a film", **wishes})


def test_other_calls_name_arguments_of_another_type(pair):
    for call, why in (
        (lambda: pair.show(5), "the film to show is 5"),
        (lambda: pair.mark_seen(5), "films is 5"),
        (lambda: pair.mark_seen(titles=["Up"]), "a film of titles is 'Up'"),
        (lambda: pair.ingest("films.jsonl"), "name of a file"),
        (lambda: Filters(genres=5), "genres is 5"),
    ):
        with pytest.raises(UsageError, match=why):
            call()


@pytest.mark.integration
def test_overlong_query_is_refused_with_its_limit(search):
    search.ingest([Movie("a", "A", "b")], setting=SETTING)
    assert search.find(["a " * (LONGEST_QUERY // 2)], mode="dense").matches
    with pytest.raises(UsageError, match="60,001 characters; at most 60,000"):
        search.find(["a" * (LONGEST_QUERY + 1)], mode="dense")


@pytest.mark.parametrize("query", ["x", "1984", "🎬", "ДВА ДРУГА", "\u202eabc", "' OR 1=1 --", "a" * 5000])
def test_odd_queries_are_answered(pair, query):
    assert len(pair.find([query], mode="dense").matches) == 2


def test_other_measures_want_the_exact_path(search):
    search.ingest([Movie("a", "A", "b")], setting=SETTING)
    with pytest.raises(UsageError, match="--exact"):
        search.find(["b"], mode="dense", measure="dot")


# looking up


@pytest.fixture(scope="module")
def shelf(open_filled):
    return open_filled(
        [
            Movie("dunkirk-1958", "Dunkirk", "Boats cross in June.", 1958),
            Movie("dunkirk-2017", "Dunkirk", "Boats cross in May.", 2017),
            Movie("amelie", "Amélie", "A waitress helps.", 2001),
            Movie("departed", "The Departed", "A mole in each camp."),
        ]
    )


@pytest.mark.parametrize(
    "wanted, year, film",
    [
        ("amelie", None, "amelie"),
        ("AMÉLIE", None, "amelie"),
        ("amelie", 2001, "amelie"),
        ("  the  departed! ", None, "departed"),
        ("dunkirk-1958", None, "dunkirk-1958"),
        ("Dunkirk", 2017, "dunkirk-2017"),
        ("Departd", None, "departed"),
    ],
)
def test_show_by_id_or_title_however_typed(shelf, wanted, year, film):
    assert shelf.show(wanted, year).id == film


def test_shared_title_asks_for_the_year(shelf):
    with pytest.raises(NotFoundError) as asked:
        shelf.show("dunkirk")
    for part in ("2 films", "1958", "2017", "by its year or id", "id dunkirk-1958"):
        assert part in str(asked.value)


@pytest.mark.parametrize(
    "wanted, near", [("Amelia", "Amélie (2001)"), ("The Departing", "The Departed"), ("Dunkrik", "Dunkirk (1958)")]
)
def test_unknown_title_gets_the_nearest_ones(shelf, wanted, near):
    with pytest.raises(NotFoundError, match="Did you mean") as asked:
        shelf.show(wanted)
    assert near in str(asked.value)


def test_unknown_title_that_is_like_none(shelf):
    with pytest.raises(NotFoundError) as asked:
        shelf.show("Qqqqqq Zzzz")
    assert "Did you mean" not in str(asked.value)
    with pytest.raises(NotFoundError, match="of 1999"):
        shelf.show("Amélie", 1999)
