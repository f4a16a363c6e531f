import math

import numpy as np
import pytest

from moviesearch.retrieval.hints import find_hints
from moviesearch.retrieval.ranking import (
    IDENTIFY,
    Evidence,
    Weights,
    best_rows,
    contenders,
    contradictions,
    direction,
    diverse,
    fuse,
    idf,
    shares,
    telling_terms,
    unlikeness,
)


def order(*evidence: Evidence, named: set[str] | None = None, weights: Weights | None = None) -> list[str]:
    return [film.film for film in fuse(evidence, weights or Weights(), named or set())]


def test_best_passage_of_each_film() -> None:
    rows = ["a#0", "b#0", "a#1", "b#1"]
    best = best_rows(rows, [0.2, 0.5, 0.4, 0.5], lambda row: row[0])
    assert best == {"a": ("a#1", 0.4), "b": ("b#0", 0.5)}


def test_idf_is_that_of_lucene() -> None:
    assert idf(10, 1) == pytest.approx(math.log(1 + 9.5 / 1.5))
    assert idf(10, 10) > 0


def test_rarest_terms_are_looked_up() -> None:
    counts = {"the": 900, "shark": 3, "boat": 40, "xyzzy": 0}
    terms = telling_terms(["the", "shark", "boat", "shark", "xyzzy"], counts.__getitem__, 1000, most=2)
    assert list(terms) == ["shark", "boat"]
    assert terms["shark"] > terms["boat"]


def test_shares_are_parts_of_what_the_query_holds() -> None:
    assert shares({"a": 3.0, "b": 1.5}, {"shark": 4.0, "boat": 2.0}) == {"a": 0.5, "b": 0.25}
    assert shares({"a": 3.0}, {}) == {}


def test_words_decide_where_a_passage_holds_them_and_meaning_elsewhere() -> None:
    assert order(Evidence("a", 0.5, 0.05), Evidence("b", 0.4, 0.6)) == ["b", "a"]
    assert order(Evidence("a", 0.5, 0.05), Evidence("b", 0.4, 0.1)) == ["a", "b"]


def test_a_film_found_by_one_side_only_is_ranked() -> None:
    ranked = fuse([Evidence("a", 0.5, None), Evidence("b", None, 0.9), Evidence("c", 0.3, 0.0)])
    assert [film.film for film in ranked] == ["b", "a", "c"]
    assert ranked[0].score == pytest.approx(0.3 + Weights().words * 0.9)


def test_ties_are_in_the_order_of_ids() -> None:
    films = [Evidence(film, 0.5, 0.1) for film in ("c", "a", "b")]
    assert order(*films) == order(*reversed(films)) == ["a", "b", "c"]


def test_nothing_found() -> None:
    assert fuse([]) == []


def test_named_films_are_left_out_unless_nothing_else_is() -> None:
    films = Evidence("a", 0.9, 0.5), Evidence("b", 0.1, 0.0)
    assert order(*films, named={"a"}) == ["b"]
    assert order(*films, named={"a", "b"}) == ["a", "b"]


def test_hints_prefer_but_do_not_demand() -> None:
    hints = find_hints("a 90s Korean horror movie")
    meets, met = contradictions(hints, 1996, ["Horror"], ["ko"])
    assert (meets, met) == (0, ("90s", "horror", "ko"))
    near, _ = contradictions(hints, 2002, ["Horror"], ["ko"])
    far, _ = contradictions(hints, 1950, ["Comedy"], ["fr"])
    silent, _ = contradictions(hints, None, [], [])
    assert 0 < near < silent < far == 3
    assert order(Evidence("far", 0.9, 0.0, far), Evidence("meets", 0.4, 0.0, meets)) == ["far", "meets"]
    assert order(Evidence("far", 0.5, 0.0, far), Evidence("meets", 0.4, 0.0, meets)) == ["meets", "far"]


def test_hints_are_told() -> None:
    _, met = contradictions(find_hints("a 90s Korean horror movie"), 1996, ["Horror"], ["South Korea"])
    assert met == ("90s", "horror", "south korea")


def test_films_alike_by_their_records() -> None:
    alike = unlikeness(1999, ["Drama", "War"], 1999, ["war", "drama"])
    assert alike == 0
    assert unlikeness(1999, ["Drama"], 1949, ["War"]) == pytest.approx(1.4)
    assert alike < unlikeness(None, [], 1949, ["War"]) < 1.4


def unit(*numbers: float) -> np.ndarray:
    vector = np.array(numbers, np.float32)
    return vector / np.linalg.norm(vector)


def test_several_wishes_are_one_direction() -> None:
    wish = direction(np.stack([unit(1, 0, 0), unit(0, 1, 0)]))
    assert wish == pytest.approx(unit(1, 1, 0))
    assert wish.dtype == np.float32
    assert direction(np.stack([unit(1, 0, 0)])) == pytest.approx(unit(1, 0, 0))


def test_what_is_not_wanted_pushes_away() -> None:
    wish, aversion = unit(1, 0, 0), unit(1, 1, 0)
    moved = direction(wish[None], aversion[None])
    assert np.linalg.norm(moved) == pytest.approx(1, abs=1e-6)
    assert moved @ aversion < wish @ aversion
    assert moved @ wish > 0.8
    assert direction(wish[None], wish[None]) == pytest.approx(wish)


def test_diverse_answers() -> None:
    vectors = np.stack([unit(1, 0, 0), unit(1, 0.05, 0), unit(1, 0.06, 0), unit(0, 1, 0)])
    films, scores = ["rocky", "rocky-2", "rocky-3", "jaws"], [0.9, 0.89, 0.88, 0.6]
    assert diverse(films, scores, vectors, 2) == [0, 3]
    assert diverse(films, scores, vectors, 3, spread=0) == [0, 1, 2]
    assert sorted(diverse(films, scores, vectors, 10)) == [0, 1, 2, 3]
    assert diverse([], [], np.zeros((0, 3), np.float32), 5) == []


def test_a_film_found_by_words_alone_is_looked_up_where_it_could_come_first() -> None:
    near = [Evidence(f"near{n}", 0.5 - n / 100, 0.1) for n in range(20)]
    telling = Evidence("telling", None, 0.4)
    common = Evidence("common", None, 0.01)
    assert contenders([*near, telling, common], IDENTIFY, limit=10) == ["telling"]
    assert set(contenders([*near, telling, common], IDENTIFY, limit=30)) == {"telling", "common"}
    contradicted = Evidence("contradicted", None, 0.4, 3.0)
    assert contenders([*near, contradicted], IDENTIFY, limit=10) == []
