"""JSON as programs write it: films in a list in an object, by ids, by columns; or refused with the layout named."""

import io
import json

import pytest

from moviesearch.errors import SourceError
from moviesearch.records import Movie, Rejected
from moviesearch.sources import read

BELL = {"title": "Bell", "plot": "A diver finds a bell.", "year": 1999}
BUOY = {"title": "Buoy", "plot": "A ring floats.", "year": 2001}
FILMS = [Movie("bell-1999", "Bell", BELL["plot"], 1999), Movie("buoy-2001", "Buoy", BUOY["plot"], 2001)]


def films(text):
    return list(read("-", stdin=io.BytesIO(text.encode())))


@pytest.mark.parametrize(
    "layout",
    [
        pytest.param({"page": 1, "results": [BELL, BUOY], "total_results": 2}, id="results"),
        pytest.param({"movies": [BELL, BUOY]}, id="movies"),
        pytest.param({"meta": {"version": 2}, "films": [BELL, BUOY]}, id="films-behind-an-object"),
        pytest.param({"items": [BELL, BUOY]}, id="items"),
        pytest.param({"data": [BELL, BUOY], "schema": {"fields": [{"name": "title"}]}}, id="pandas-table"),
        pytest.param({"data": {"movies": [BELL, BUOY]}}, id="one-in-another"),
        pytest.param({"id": 1, "result": {"limits": {"total": 2}, "movies": [BELL, BUOY]}}, id="kodi"),
        pytest.param({"response": {"numFound": 2, "docs": [BELL, BUOY]}}, id="solr"),
        pytest.param(
            {"title": "My films", "description": "all of them", "films": [BELL, BUOY]}, id="a-list-with-a-title"
        ),
        pytest.param({"watched_in_may": [BELL, BUOY]}, id="a-name-of-ones-own"),
        pytest.param({"0": BELL, "1": BUOY}, id="pandas-index"),
        pytest.param(
            {
                "title": {"0": "Bell", "1": "Buoy"},
                "plot": {"0": BELL["plot"], "1": BUOY["plot"]},
                "year": {"0": 1999, "1": 2001},
            },
            id="pandas-columns",
        ),
        pytest.param(
            {"year": [1999, 2001], "title": ["Bell", "Buoy"], "plot": [BELL["plot"], BUOY["plot"]]}, id="pandas-list"
        ),
        pytest.param(
            {"columns": list(BELL), "index": [0, 1], "data": [list(BELL.values()), list(BUOY.values())]},
            id="pandas-split",
        ),
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_films_in_an_object(layout, indent):
    assert films(json.dumps(layout, indent=indent)) == FILMS


def test_films_by_their_ids_keep_them():
    layout = {"tt9900001": BELL, "tt9900002": {**BUOY, "id": "buoy"}}
    assert [movie.id for movie in films(json.dumps(layout))] == ["tt9900001", "buoy"]


def test_pages_one_after_the_other():
    pages = [json.dumps({"page": number, "results": [film]}) for number, film in enumerate((BELL, BUOY))]
    assert films("\n".join(pages) + "\n") == FILMS


def test_a_list_of_any_size_is_read_out_of_its_object():
    many = [{"title": f"Film {number}", "plot": f"Story {number}. " * 20} for number in range(2000)]
    assert len(films(json.dumps({"page": 1, "movies": many, "total": 2000}))) == 2000


def test_a_film_beside_what_a_program_says_of_it():
    trakt = {
        "plays": 3,
        "movie": {"title": "Bell", "overview": BELL["plot"], "year": 1999, "ids": {"imdb": "tt9900001"}},
    }
    search = {"hits": {"total": 1, "hits": [{"_id": "x", "_source": BELL}]}}
    couch = {"total_rows": 1, "rows": [{"id": "x", "doc": BELL}]}
    assert films(json.dumps([trakt])) == [
        Movie("bell-1999", "Bell", BELL["plot"], 1999, extra={"plays": 3, "ids": {"imdb": "tt9900001"}})
    ]
    assert films(json.dumps(trakt) + "\n" + json.dumps(trakt))[0].title == "Bell"
    assert films(json.dumps(search))[0].extra == {"_id": "x"}
    assert films(json.dumps(couch))[0].id == "x"


def test_a_film_without_its_plot_is_told_where_to_get_it():
    trakt = [{"plays": 1, "movie": {"title": "Bell", "year": 1999}}]
    assert films(json.dumps(trakt)) == [
        Rejected("stdin:1:2", "", "has a film without a plot (Trakt gives one with extended=full)")
    ]


def test_a_film_that_has_other_films_in_it_is_one_film():
    (movie,) = films(json.dumps({"sequels": [BUOY], "items": [BUOY], "collection": {"title": "Bells"}, **BELL}))
    assert (movie.title, movie.extra["sequels"]) == ("Bell", [BUOY])


def test_a_broken_list_in_an_object_is_read_up_to_the_break():
    text = '{"results": [' + json.dumps(BELL) + ',\n{"title" "Buoy"}]}'
    assert films(text) == [
        FILMS[0],
        Rejected(
            "stdin:2", "", "isn't valid JSON: a colon is missing (line 2, column 10) (the rest of the file isn't read)"
        ),
    ]
    text = '{"results": [' + json.dumps(BELL) + "]\n"
    assert films(text)[1].reason == "the object around the films isn't closed (the rest of the file isn't read)"


@pytest.mark.parametrize(
    ("layout", "says"),
    [
        (
            [["Bell", "A diver finds a bell."]],
            "is a list of lists, which name no columns: give a list of objects, or CSV",
        ),
        (
            {"results": {"people": [{"name": "Ida Vance"}], "total": 1}},
            "no films are found; it has people: give a list",
        ),
        ({"results": []}, "holds no films"),
    ],
)
def test_a_layout_without_films_is_named(layout, says):
    with pytest.raises(SourceError, match=says):
        films(json.dumps(layout))


def test_a_table_by_columns_that_is_too_large_is_named_with_the_way_out():
    titles = {str(number): f"Film {number}" for number in range(3000)}
    plots = {str(number): "A diver finds a bell. " * 260 for number in range(3000)}
    with pytest.raises(
        SourceError, match=r"by columns, as pandas writes it, and larger than 16 MiB: .*orient='records'"
    ):
        films(json.dumps({"title": titles, "plot": plots}))


def test_lines_of_films_stay_lines_though_the_first_has_no_plot():
    odd = {"title": "Reef", "collection": {"title": "Sea"}, "list": ["x"], "items": []}
    text = json.dumps(odd) + "\n" + json.dumps({**BELL, "genres": ["Drama"], "collection": {"title": "Sea"}})
    without_plot, bell = films(text)
    assert without_plot == Rejected("stdin:1", "plot", "is missing")
    assert (bell.genres, bell.extra) == (("Drama",), {"collection": {"title": "Sea"}})


def test_of_films_by_their_ids_one_may_lack_its_plot():
    buoy, without_plot = films(json.dumps({"tt9900001": {"title": "Bell"}, "tt9900002": BUOY}))
    assert (buoy.id, without_plot) == ("tt9900002", Rejected("stdin:1:15", "plot", "is missing"))
