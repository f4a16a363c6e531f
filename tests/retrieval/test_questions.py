"""A question asked back: it splits the likely films, is never asked twice, and a reply weighs without losing a film."""

import json

import numpy as np
import pytest

from moviesearch import Movie
from moviesearch.errors import UsageError
from moviesearch.request import Reply, Request, reply_of
from moviesearch.retrieval import questions, topics
from moviesearch.sources import bundled

PLOT = "A keeper of bees walks along a road."
SHIPS = tuple(
    Movie(f"{number}", f"Film {number}", f"{PLOT} He boards a ship." if number < 10 else PLOT, year=1995)
    for number in range(20)
)


def choose(movies, replies=(), said=()):
    """The question about films that are all as likely."""
    return questions.choose(
        np.full(len(movies), 1 / len(movies)), [topics.of_film(movie) for movie in movies], replies, said
    )


def found(search, *replies, plot="a keeper of bees on a road", **options):
    given = tuple(map(reply_of, replies))
    return search.find(Request(plots=(plot,), replies=given, ask=True, **options))


def ids(answer):
    return [match.movie.id for match in answer.matches]


# --- what is asked -------------------------------------------------------------------------------------------------


def test_a_thing_that_half_of_the_films_have_is_asked_about():
    asked = choose(SHIPS)
    assert (asked.key, asked.text) == ("word:ship", "Is there a ship in it?")


@pytest.mark.parametrize(
    ("one", "other", "text"),
    [
        ({"country": "Japan"}, {"country": "France"}, "Was it made in France?"),
        ({"original_language": "ko"}, {"original_language": "en"}, "Do people speak English in it?"),
        ({"director": ["Stanley Kubrick"]}, {"director": ["Nobody Whom People Know"]}, "Is it by Stanley Kubrick?"),
        ({"language": "Silent"}, {"language": "unknown"}, None),
    ],
)
def test_what_records_tell_is_asked_about(one, other, text):
    films = [Movie(f"{number}", "A", PLOT, extra=one if number % 2 else other) for number in range(8)]
    asked = choose(films)
    assert (asked and asked.text) == text


def test_genres_years_and_cartoons_are_asked_about():
    genres = [Movie(f"{number}", "A", PLOT, genres=("Horror",) if number % 2 else ("Drama",)) for number in range(8)]
    cartoons = [
        Movie(f"{number}", "A", PLOT, genres=("Animation",) if number % 2 else ("Drama",)) for number in range(8)
    ]
    years = [Movie(f"{number}", "A", PLOT, year=1955 if number % 2 else 1995) for number in range(8)]
    assert choose(genres).text == "Is it a horror film?"
    assert choose(cartoons).text == "Is it animated?"
    assert choose(years).text == "Was it made before 1960?"


def test_nothing_is_asked_where_films_do_not_differ_or_one_is_clear():
    alike = [topics.of_film(SHIPS[0])] * 5
    films = [topics.of_film(movie) for movie in SHIPS]
    clear = np.array([0.95, *[0.05 / 19] * 19])
    assert questions.choose(np.full(5, 0.2), alike, ()) is None
    assert questions.choose(clear, films, ()) is None
    assert questions.choose(np.zeros(0), [], ()) is None


def test_nothing_is_asked_twice_nor_more_than_three_times():
    rich = [
        Movie(
            f"{number}",
            "A",
            PLOT
            + " ship" * (number % 2)
            + " robot" * (number // 2 % 2)
            + " king" * (number // 4 % 2)
            + " dog" * (number // 8),
        )
        for number in range(16)
    ]
    replies = []
    while asked := choose(rich, replies):
        replies.append(Reply(asked.key, "unknown"))
    assert {reply.key for reply in replies} <= {"word:ship", "word:robot", "word:king", "word:dog"}
    assert len({reply.key for reply in replies}) == len(replies) == 3


def test_a_film_has_one_country_so_a_yes_closes_the_matter():
    films = [
        Movie(f"{number}", "A", PLOT, extra={"country": ["Japan", "France", "Italy"][number % 3]})
        for number in range(9)
    ]
    assert choose(films, [Reply("country:japan", "yes")]) is None
    assert choose(films, [Reply("country:japan", "no")]).key in ("country:france", "country:italy")


def test_an_ending_is_not_asked_about():
    beginning = " ".join(["They walk along a road and talk."] * 20)
    films = [
        Movie(f"{number}", "A", f"{beginning} At last a {'ship' if number % 2 else 'man'} comes.")
        for number in range(8)
    ]
    assert choose(films) is None
    assert np.isnan(topics.beliefs("word:ship", [topics.of_film(films[1])])[0])


def test_what_the_words_tell_is_not_asked(search):
    korean = [
        Movie(f"{number}", f"Film {number}", PLOT, extra={"country": "South Korea" if number % 2 else "Japan"})
        for number in range(12)
    ]
    search.ingest(korean)
    assert found(search).question.key.startswith("country:")
    assert found(search, plot="a Korean film about a keeper of bees").question is None


def test_a_thing_that_the_words_speak_of_is_not_asked_about(search):
    search.ingest(SHIPS)
    assert found(search).question.key == "word:ship"
    assert found(search, plot="a keeper of bees on a road sees boats").question is None


def test_every_question_about_the_bundled_films_has_words_and_is_answered_by_some_film():
    with bundled().open(encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines][::7]
    films = [
        topics.of_film(
            Movie(record["id"], record["title"], record["plot"], record["year"], tuple(record["genres"]), None, record)
        )
        for record in records
    ]
    keys = sorted({key for film in films for key in topics.keys_of(film)})
    kinds = {topics.kind_of(key) for key in keys}
    assert kinds == {"animated", "before", "country", "decade", "director", "genre", "language", "word"}
    for key in keys:
        assert topics.question(key).text.endswith("?")
        believed = topics.beliefs(key, films)
        assert max(one for one in believed if one == one) > 0.5
        assert all(0 < one < 1 for one in believed if one == one)


# --- replies -------------------------------------------------------------------------------------------------------


def test_replies_lift_films_that_were_not_shown(search):
    others = [Movie(f"{number}", f"Film {number}", f"{PLOT} He meets a man.", year=1995) for number in range(40)]
    search.ingest([*others, Movie("z", "Film z", f"{PLOT} He boards a ship.", year=1995)])
    assert "z" not in ids(found(search))
    assert ids(found(search, "word:ship=yes"))[0] == "z"


def test_replies_weigh_and_filter_nothing(search):
    search.ingest(SHIPS)
    before, after = found(search, limit=20), found(search, "word:ship=no", limit=20)
    assert sorted(ids(after)) == sorted(ids(before))
    assert {int(film) for film in ids(after)[:10]} == set(range(10, 20))
    scores = [match.score for match in after.matches]
    assert scores == sorted(scores, reverse=True)


def test_a_wrong_reply_can_be_outweighed(search):
    others = [
        Movie(f"{number}", f"Film {number}", f"{PLOT} A man, a hill and a hat.", year=1995) for number in range(40)
    ]
    search.ingest([*others, Movie("z", "Film z", f"{PLOT} A ship, a robot and a king.", year=1995)])
    assert "z" not in ids(found(search, "word:ship=no"))
    assert ids(found(search, "word:ship=no", "word:robot=yes", "word:king=yes"))[0] == "z"


def test_a_reply_of_not_knowing_changes_nothing(search):
    search.ingest(SHIPS)
    assert [(m.movie.id, m.score) for m in found(search, "word:ship=unknown").matches] == [
        (m.movie.id, m.score) for m in found(search).matches
    ]


def test_a_film_whose_record_does_not_tell_stands_between_those_that_do():
    told = [
        topics.of_film(Movie("a", "A", PLOT, extra=extra))
        for extra in ({"country": "Japan"}, {}, {"country": "France"})
    ]
    for value in ("yes", "no"):
        likely = questions.weighed(np.full(3, 1 / 3), told, [Reply("country:japan", value)])
        assert sorted(likely)[1] == likely[1]


@pytest.mark.parametrize(
    ("key", "extra"),
    [
        ("country:germany", {"country": "West Germany"}),
        (
            "country:united states",
            {"production_countries": '[{"iso_3166_1": "US", "name": "United States of America"}]'},
        ),
        ("language:japanese", {"original_language": "ja"}),
        ("director:pedro almodovar", {"directors": "Pedro Almodóvar; Someone Else"}),
    ],
)
def test_records_answer_however_they_are_written(key, extra):
    assert topics.beliefs(key, [topics.of_film(Movie("a", "A", PLOT, extra=extra))])[0] > 0.5


def test_a_year_near_the_one_asked_about_is_less_certain():
    years = [topics.of_film(Movie("a", "A", PLOT, year=year)) for year in (1940, 1978, 1982, 2010)]
    before = topics.beliefs("before:1980", years)
    assert before == sorted(before, reverse=True)
    assert before[0] > 0.8 > before[1] > 0.5 > before[2] > 0.2 > before[3]


@pytest.mark.parametrize("given", ["", "yes", "word:ship", "word:ship=", "word:ship=perhaps", "=yes"])
def test_what_is_no_reply_is_refused(given):
    with pytest.raises(UsageError, match="is no reply"):
        reply_of(given)


@pytest.mark.parametrize(
    "key", ["word:", "word:nonsense", "country:atlantis", "before:1983", "director:me", "animated:x", "x"]
)
def test_a_reply_to_what_is_no_question_is_refused(search, key):
    search.ingest(SHIPS)
    with pytest.raises(UsageError, match="no question's key"):
        found(search, f"{key}=yes")


@pytest.mark.parametrize(
    ("options", "other"),
    [({"exact": True}, "--exact"), ({"rerank": "x"}, "--rerank"), ({"intent": "similar"}, "films like others")],
)
def test_replies_do_not_go_with_searches_that_would_pass_them_over(search, options, other):
    search.ingest(SHIPS)
    with pytest.raises(UsageError, match=other):
        found(search, "word:ship=yes", **options)


def test_films_like_others_ask_nothing(search):
    search.ingest(SHIPS)
    assert search.find(Request(films=("1",), ask=True)).question is None
    assert search.find(Request(plots=("a keeper of bees",))).question is None
