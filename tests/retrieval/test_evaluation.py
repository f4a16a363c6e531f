from __future__ import annotations

import json
import math
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import ir_measures
import pytest

from moviesearch.cli.evaluate import table
from moviesearch.errors import MovieSearchError, NotFoundError, SourceError, UsageError
from moviesearch.retrieval.evaluation import (
    METRICS,
    Estimate,
    Judged,
    Run,
    compare,
    load,
    ndcg_at,
    read_queries,
    recall_at,
    reciprocal_rank_at,
    run,
    save,
    success_at,
)

FILMS = [f"f{number}" for number in range(300)]
SPEED = {"p50": 1.0, "p95": 2.0}


def everything(films: Sequence[str]) -> set[str]:
    return set(films)


def random_run(seed: int, *, graded: bool = False, number: int = 40) -> Run:
    """A run over judgements that depend on `number` and `graded` only; the rankings depend on the seed."""
    judging, ranking = random.Random(0), random.Random(seed)
    queries, ranked = [], []
    for n in range(number):
        films = judging.sample(FILMS, judging.randint(1, 15))
        gains = {film: judging.choice([0.125, 0.5, 1.0, 3.0]) if graded else 1.0 for film in films}
        queries.append(Judged(f"query {n}", None, gains))
        answer = ranking.sample(FILMS, 150)
        if ranking.random() < 0.7:
            place = ranking.randrange(8)
            answer = [film for film in answer if film != films[0]]
            answer.insert(place, films[0])
        ranked.append(tuple(answer))
    return Run(tuple(queries), tuple(ranked), SPEED)


def with_firsts(firsts: Sequence[bool]) -> Run:
    """A run whose n-th query finds its film first, or not at all."""
    queries = tuple(Judged(f"query {n}", None, {"good": 1.0}) for n in range(len(firsts)))
    return Run(queries, tuple(("good",) if first else ("bad",) for first in firsts), SPEED)


# Metrics


def test_metrics_of_one_ranking_by_hand() -> None:
    ranked, relevant = ["a", "b", "c", "d"], {"b": 2.0, "d": 1.0, "lost": 3.0}

    assert [success_at(ranked, relevant, k) for k in (1, 2)] == [0.0, 1.0]
    assert [reciprocal_rank_at(ranked, relevant, k) for k in (1, 2)] == [0.0, 0.5]
    assert [recall_at(ranked, relevant, k) for k in (1, 2, 4)] == [0.0, 1 / 3, 2 / 3]
    dcg, best = 2 / math.log2(3) + 1 / math.log2(5), 3 + 2 / math.log2(3) + 1 / 2
    assert ndcg_at(ranked, relevant, 4) == pytest.approx(dcg / best)
    assert ndcg_at(ranked, relevant, 2) == pytest.approx((2 / math.log2(3)) / (3 + 2 / math.log2(3)))


def test_the_best_ranking_has_ndcg_1_and_no_ranking_has_0() -> None:
    relevant = {"a": 0.1, "b": 5.0, "c": 0.7}
    assert ndcg_at(["b", "c", "a", "x"], relevant, 10) == 1.0
    assert [metric([], relevant) for metric in METRICS.values()] == [0.0] * 5
    assert (recall_at(["a"], {}, 10), ndcg_at(["a"], {}, 10)) == (0.0, 0.0)


def test_metrics_agree_with_trec_eval() -> None:
    names = {
        "success@1": ir_measures.Success @ 1,
        "success@10": ir_measures.Success @ 10,
        "MRR@10": ir_measures.RR @ 10,
        "recall@100": ir_measures.R @ 100,
    }
    for seed in range(5):
        done = random_run(seed)
        qrels = {query.query: dict.fromkeys(query.relevant, 1) for query in done.queries}
        known = ir_measures.calc_aggregate(names.values(), qrels, as_scores(done))
        for name, measure in names.items():
            assert done.metrics[name].mean == pytest.approx(known[measure]), (seed, name)
            assert 0 < known[measure] < 1


def test_graded_ndcg_agrees_with_trec_eval() -> None:
    for seed in range(5):
        done = random_run(seed, graded=True)
        # trec_eval knows whole gains only; nDCG doesn't change when all are multiplied
        qrels = {query.query: {film: int(8 * gain) for film, gain in query.relevant.items()} for query in done.queries}
        measure = ir_measures.nDCG @ 10
        known = {each.query_id: each.value for each in ir_measures.iter_calc([measure], qrels, as_scores(done))}
        for judged, ranked in zip(done.queries, done.ranked, strict=True):
            assert ndcg_at(ranked, judged.relevant, 10) == pytest.approx(known[str(judged.query)]), judged


def as_scores(done: Run) -> dict[str | None, dict[str, float]]:
    pairs = zip(done.queries, done.ranked, strict=True)
    return {query.query: {film: 1000.0 - rank for rank, film in enumerate(films)} for query, films in pairs}


def test_intervals_hold_the_mean_narrow_with_more_queries_and_are_repeatable() -> None:
    few, many = with_firsts([True, False] * 20), with_firsts([True, False] * 500)
    a, b = few.metrics["success@1"], many.metrics["success@1"]

    assert a.mean == b.mean == 0.5
    # the normal approximation: .5 ± 1.96 · sqrt(.25 / n)
    assert (a.low, a.high) == pytest.approx((0.345, 0.655), abs=0.04)
    assert (b.low, b.high) == pytest.approx((0.469, 0.531), abs=0.01)
    assert random_run(3).metrics == random_run(3).metrics
    assert with_firsts([True]).metrics["success@1"] == Estimate(1.0, 1.0, 1.0)


# Reading


def write(path: Path, *lines: object) -> Path:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def test_both_forms_of_judged_queries_are_read(tmp_path: Path) -> None:
    path = write(
        tmp_path / "queries.jsonl",
        '\ufeff{"query": "caf\u00e9\u2028chase", "relevant": ["a", "b", "a"], "style": "short"}',
        "",
        {"id": "t1", "title": "Bait", "relevant": {"t2": 0.298, "t3": 2}},
        {"id": 862, "query": "toys", "relevant": [863], "style": None},
    )
    assert read_queries(path) == [
        Judged("café\u2028chase", None, {"a": 1.0, "b": 1.0}, "short"),
        Judged(None, "t1", {"t2": 0.298, "t3": 2.0}),
        Judged("toys", "862", {"863": 1.0}),
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", ":2: not JSON in UTF-8 ("),
        ("[" * 100_000, ":2: not JSON in UTF-8 ("),
        ("[1]", ":2: not a JSON object"),
        ({"relevant": ["a"]}, ":2: query: must be text"),
        ({"query": "  ", "relevant": ["a"]}, ":2: query: must be text"),
        ({"query": "?!", "relevant": ["a"]}, ":2: query: must be text with a word in it"),
        ({"query": 7, "relevant": ["a"]}, ":2: query: must be text"),
        *(
            ({"query": "q", "relevant": ["a"], "style": style}, ":2: style: must be text on one line")
            for style in ("", " ", 7, ["short"], "a\nb", "\x1b[2J", "\ud83d")
        ),
        ({"id": ["a"], "relevant": ["a"]}, ":2: id: must be a film's id"),
        ({"id": "", "relevant": ["a"]}, ":2: id: must be a film's id"),
        ({"id": "a", "relevant": ["a", "b"]}, ":2: relevant: a is judged as an answer to itself"),
        ({"query": "q"}, ":2: relevant: must list film ids"),
        ({"query": "q", "relevant": []}, ":2: relevant: must list film ids"),
        ({"query": "q", "relevant": {}}, ":2: relevant: must list film ids"),
        ({"query": "q", "relevant": "a"}, ":2: relevant: must list film ids"),
        ({"query": "q", "relevant": ["a", None]}, ":2: relevant: must list film ids"),
        *(
            ('{"query": "q", "relevant": {"b": 1, "a": ' + gain + "}}", f":2: relevant.a: {shown} is not a positive")
            for gain, shown in [
                ("0", "0"),
                ("-1", "-1"),
                ("NaN", "nan"),
                ("Infinity", "inf"),
                ("1e999", "inf"),
                ("true", "True"),
                ('"1"', "'1'"),
                ("null", "None"),
                ("1" + "0" * 400, "1" + "0" * 39),
            ]
        ),
    ],
)
def test_a_wrong_line_is_named_with_its_field(tmp_path: Path, line: object, message: str) -> None:
    path = write(tmp_path / "queries.jsonl", {"query": "fine", "relevant": ["a"]}, line)
    with pytest.raises(SourceError) as caught:
        read_queries(path)
    assert f"{path}{message}" in str(caught.value)
    assert 'Each line must be like {"query"' in str(caught.value)


def test_all_problems_are_listed_ten_and_a_count(tmp_path: Path) -> None:
    path = write(tmp_path / "queries.jsonl", *[{"query": ""}] * 7)
    with pytest.raises(SourceError) as caught:
        read_queries(path)
    *problems, more, _ = str(caught.value).splitlines()
    assert [problem.removeprefix(f"{path}:").split(": ")[:2] for problem in problems] == [
        [str(line), name] for line in range(1, 6) for name in ("relevant", "query")
    ]
    assert more == "… and 4 more"


def test_files_that_hold_no_queries_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"none\.jsonl can't be read: No such file"):
        read_queries(tmp_path / "none.jsonl")
    with pytest.raises(SourceError, match="can't be read"):
        read_queries(tmp_path)
    with pytest.raises(SourceError, match=r"empty\.jsonl:1: no judged queries, the file is empty"):
        read_queries(write(tmp_path / "empty.jsonl", "", " "))
    latin = tmp_path / "latin.jsonl"
    latin.write_bytes('{"query": "café", "relevant": ["a"]}'.encode("latin-1"))
    with pytest.raises(SourceError, match=r"latin\.jsonl:1: not JSON in UTF-8"):
        read_queries(latin)


# Styles


def test_each_style_is_scored_by_its_own_queries_and_a_query_without_one_in_the_total_only() -> None:
    styles = ("scene", None, "short", "scene", "scene", None)
    queries = tuple(Judged(f"query {n}", None, {"good": 1.0}, style) for n, style in enumerate(styles))
    done = Run(queries, (("good",), ("bad",), ("bad", "good"), ("bad",), ("good",), ("bad",)), SPEED)

    assert [(style, told.queries) for style, told in done.styles.items()] == [("scene", 3), ("short", 1)]
    scene, short = (told.metrics for told in done.styles.values())
    assert list(scene) == list(METRICS)
    assert scene["success@1"].mean == pytest.approx(2 / 3)
    assert (short["success@1"].mean, short["MRR@10"]) == (0.0, Estimate(0.5, 0.5, 0.5))
    assert done.metrics["success@1"].mean == pytest.approx(2 / 6)
    of_scene = [0, 3, 4]
    alone = Run(tuple(queries[n] for n in of_scene), tuple(done.ranked[n] for n in of_scene), SPEED)
    assert alone.metrics == scene


def test_runs_are_compared_whatever_the_styles_of_their_queries() -> None:
    mine, other = (Run((Judged("q", None, {"a": 1.0}, style),), (("a",),), SPEED) for style in ("short", None))
    assert compare(mine, other)["success@1"].ties == 1


# Running


def test_a_run_asks_each_query_and_scores_the_answers() -> None:
    queries = [Judged("one", None, {"f0": 1.0}), Judged("two", None, {"f3": 1.0})]
    steps = []
    done = run(queries, lambda _, n: FILMS[:n], everything, progress=lambda *step: steps.append(step))

    assert done.ranked == (tuple(FILMS[:100]),) * 2
    assert done.metrics["success@1"].mean == 0.5
    assert done.metrics["MRR@10"].mean == (1 + 1 / 4) / 2
    assert 0 <= done.latency_ms["p50"] <= done.latency_ms["p95"] < 1000
    assert steps == [(1, 2), (2, 2)]


def test_the_clock_starts_after_a_first_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    now, asked = 0.0, 0

    def rank(judged: Judged, n: int) -> list[str]:
        nonlocal now, asked
        now, asked = now + (60.0 if asked == 0 else 0.001 * asked), asked + 1
        return FILMS[:n]

    monkeypatch.setattr("moviesearch.retrieval.evaluation.time.perf_counter", lambda: now)
    done = run([Judged("q", None, {"f0": 1.0})] * 3, rank, everything)
    assert done.latency_ms == {"p50": 2.0, "p95": 2.9}


def test_a_film_is_no_answer_to_itself_and_none_comes_twice() -> None:
    done = run([Judged(None, "f0", {"f2": 1.0})], lambda _, n: ["f0", "f1", "f1", "f2"], everything)
    assert done.ranked == (("f1", "f2"),)

    done = run([Judged(None, "f0", {"f2": 1.0})], lambda _, n: FILMS[:n], everything)
    assert done.ranked == (tuple(FILMS[1:101]),)


def test_a_pool_is_filled_from_as_deep_as_it_lies() -> None:
    many = [f"f{number}" for number in range(20_000)]
    pool, depths = [f"f{number}" for number in range(0, 20_000, 50)], []

    def rank(judged: Judged, n: int) -> list[str]:
        depths.append(n)
        return many[:n]

    done = run([Judged(None, "f50", {"f100": 1.0})], rank, everything, pool=pool)
    assert done.ranked == (("f0", *pool[2:101]),)
    assert max(depths) < len(many)

    small = run([Judged(None, "f50", {"f100": 1.0})], rank, everything, pool=["f100", "f150", "f50"])
    assert small.ranked == (("f100", "f150"),)

    shallow = run([Judged(None, "f50", {"f100": 1.0})], lambda _, n: many[:2_000], everything, pool=pool)
    assert shallow.ranked == (("f0", *pool[2:40]),)


def test_ids_that_the_collection_lacks_are_an_error_before_anything_is_asked() -> None:
    def rank(judged: Judged, n: int) -> list[str]:
        raise AssertionError("asked")

    queries = [Judged("q", None, {f"x{n}": 1.0 for n in range(12)}), Judged(None, "gone", {"f1": 1.0})]
    with pytest.raises(NotFoundError) as caught:
        run(queries, rank, lambda films: set(films) & set(FILMS))
    assert str(caught.value).startswith("Not in the collection: x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, … and 3 more.")
    with pytest.raises(NotFoundError, match="Not in the collection: lost. Ingest"):
        run([Judged("q", None, {"f1": 1.0})], rank, lambda films: set(films) & set(FILMS), pool=["f1", "lost"])
    with pytest.raises(UsageError, match="not in the pool: f2. Add"):
        run([Judged("q", None, {"f1": 1.0, "f2": 1.0})], rank, everything, pool=["f1"])


def test_nothing_to_ask_or_too_little_to_keep_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="a judged query or more"):
        run([], lambda _, n: FILMS, everything)
    with pytest.raises(UsageError, match="a depth of at least 100"):
        run([Judged("q", None, {"f1": 1.0})], lambda _, n: FILMS, everything, depth=10)


# Comparing


def test_a_comparison_by_hand() -> None:
    mine, other = with_firsts([True] * 8 + [False] * 2), with_firsts([True] * 2 + [False] * 8)
    told = compare(mine, other)["success@1"]

    assert (told.mine, told.other) == (0.8, 0.2)
    assert told.difference.mean == pytest.approx(0.6)
    assert (told.wins, told.ties, told.losses) == (6, 4, 0)
    assert told.difference.low > 0
    # six signs of ten count: two of their 2^6 flips, all alike, are as far from 0
    assert told.p == pytest.approx(2 / 64, abs=0.006)


def test_a_comparison_is_antisymmetric_and_repeatable() -> None:
    mine, other = random_run(1, graded=True), random_run(2, graded=True)
    there, back = compare(mine, other), compare(other, mine)

    assert there == compare(mine, other)
    assert list(there) == list(METRICS)
    for name, a in there.items():
        b = back[name]
        assert (a.mine, a.other, a.wins, a.ties, a.losses) == (b.other, b.mine, b.losses, b.ties, b.wins)
        assert a.difference.mean == pytest.approx(-b.difference.mean)
        assert (a.difference.low, a.difference.high) == pytest.approx((-b.difference.high, -b.difference.low))
        assert a.p == b.p
        assert a.wins + a.ties + a.losses == 40
        assert a.difference.low <= a.difference.mean <= a.difference.high


def test_a_run_against_itself_is_all_ties() -> None:
    for told in compare(random_run(1), random_run(1)).values():
        assert told.difference == Estimate(0.0, 0.0, 0.0)
        assert (told.p, told.wins, told.ties, told.losses) == (1.0, 0, 40, 0)


def test_a_clear_win_has_a_small_p_but_never_none() -> None:
    told = compare(with_firsts([True] * 100), with_firsts([False] * 100))["MRR@10"]
    assert told.p == 1 / 10_001
    assert told.difference == Estimate(1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ([("one", None, "a")], "2 queries against 1"),
        ([("one", None, "a"), ("three", None, "a")], "Query 2: query differs, 'two' against 'three'"),
        ([("two", None, "a"), ("one", None, "a")], "Query 1: query differs, 'one' against 'two'"),
        ([("one", None, "a"), ("two", "f1", "a")], "Query 2: film differs, None against 'f1'"),
        ([("one", None, "a"), ("two", None, "b")], "Query 2: relevant differs, {'a': 1.0} against {'b': 1.0}"),
    ],
)
def test_runs_over_other_queries_are_not_compared(other: list[tuple[str, str | None, str]], message: str) -> None:
    def made(rows: Sequence[tuple[str, str | None, str]]) -> Run:
        queries = tuple(Judged(query, film, {relevant: 1.0}) for query, film, relevant in rows)
        return Run(queries, (("a",),) * len(rows), SPEED)

    with pytest.raises(UsageError) as caught:
        compare(made([("one", None, "a"), ("two", None, "a")]), made(other))
    assert str(caught.value) == f"{message}. Evaluate both with the same file"


def test_tables_are_plain_rows_of_one_length() -> None:
    done = with_firsts([True, True, False, False])
    heading, *rows = table(done)
    assert heading == ("metric", "mean", "95 % low", "95 % high")
    assert [row[0] for row in rows] == [*METRICS, "latency p50, ms", "latency p95, ms"]
    assert rows[0] == ("success@1", "0.500", "0.000", "1.000")
    assert rows[-1] == ("latency p95, ms", "2.0", "", "")

    heading, *rows = table(compare(done, done))
    assert rows[0] == ("success@1", "0.500", "0.500", "+0.000", "+0.000", "+0.000", "1.0000", "0", "4", "0")
    assert {len(row) for row in rows} == {len(heading)}


# Saving


def test_a_saved_run_comes_back_whole(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "results.json"
    done = Run(
        (Judged("café \ud83d", None, {"a": 1.0, "b": 1.0}), Judged(None, "f1", {"a": 0.3}, "scene")),
        (("b", "é"), ()),
        {"p50": 1.25, "p95": 3.5},
        {"model": "small"},
    )
    save(done, path, mode="hybrid", path="queries.jsonl")

    told = json.loads(path.read_text("utf-8"))
    assert list(told) == ["about", "metrics", "styles", "latency_ms", "queries"]
    assert told["about"] == {"model": "small", "mode": "hybrid", "path": "queries.jsonl"}
    assert told["metrics"]["success@10"] == {"mean": 0.5, "low": 0.0, "high": 1.0}
    assert told["queries"][0] == {"query": "café \ud83d", "relevant": ["a", "b"], "ranked": ["b", "é"]}
    assert told["queries"][1] == {"id": "f1", "relevant": {"a": 0.3}, "style": "scene", "ranked": []}
    assert {style: of_style["queries"] for style, of_style in told["styles"].items()} == {"scene": 1}
    back = load(path)
    assert back == Run(done.queries, done.ranked, done.latency_ms, told["about"])
    assert {each.p for each in compare(back, done).values()} == {1.0}


def test_a_file_written_earlier_stays_until_the_new_one_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "results.json"
    save(with_firsts([True]), path)
    earlier = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("moviesearch.atomic.os.replace", full)
    with pytest.raises(MovieSearchError, match=r"results\.json can't be written: No space left on device\. Save to"):
        save(with_firsts([False]), path)
    assert path.read_bytes() == earlier
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_a_link_and_other_things_are_left_alone(tmp_path: Path) -> None:
    link, target = tmp_path / "link.json", tmp_path / "target.json"
    target.touch()
    link.symlink_to(target)
    save(with_firsts([True]), link)
    assert link.is_symlink()
    assert load(target) == with_firsts([True])

    for path in (tmp_path, target / "below.json"):
        with pytest.raises(MovieSearchError, match="can't be written"):
            save(with_firsts([True]), path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "7",
        "{}",
        '{"query": "q", "relevant": ["a"]}\n{"query": "q", "relevant": ["a"]}',
        '{"queries": [], "latency_ms": {"p50": 1, "p95": 2}}',
        '{"queries": [{"query": "q", "relevant": ["a"], "ranked": []}]}',
        '{"queries": [{"query": "q", "relevant": ["a"]}], "latency_ms": {"p50": 1, "p95": 2}}',
        '{"queries": ["q"], "latency_ms": {"p50": 1, "p95": 2}}',
        '{"queries": 7, "latency_ms": {"p50": 1, "p95": 2}}',
        '{"queries": [{"query": "q", "relevant": ["a"], "ranked": []}], "latency_ms": {"p50": "fast", "p95": 2}}',
        '{"about": 7, "queries": [{"id": "b", "relevant": ["a"], "ranked": []}], "latency_ms": {"p50": 1, "p95": 2}}',
    ],
)
def test_a_file_that_is_no_saved_run_is_refused_with_the_way_out(tmp_path: Path, text: str) -> None:
    path = tmp_path / "wrong.json"
    path.write_text(text)
    with pytest.raises(SourceError, match=r"wrong\.json is no saved evaluation \(.+\)\. Make one with `evaluate"):
        load(path)


def test_what_is_wrong_in_a_saved_run_is_named(tmp_path: Path) -> None:
    path = tmp_path / "wrong.json"
    good = {"query": "q", "relevant": ["a"], "ranked": ["a"]}
    queries = [good, {**good, "relevant": {"a": 0}}, {**good, "ranked": [1]}]
    path.write_text(json.dumps({"queries": queries, "latency_ms": SPEED}))
    with pytest.raises(SourceError) as caught:
        load(path)
    assert "query 2: relevant.a: 0 is not a positive, finite number; query 3: ranked: must be a" in str(caught.value)
    with pytest.raises(SourceError, match="No such file"):
        load(tmp_path / "none.json")


def test_the_import_is_light() -> None:
    show = "print(sorted(name for name in sys.modules if name.startswith('moviesearch.')))"
    code = f"import sys, moviesearch.retrieval.evaluation; {show}"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    expected = ["atomic", "config", "errors", "records", "request", "retrieval", "retrieval.evaluation"]
    assert shown.strip() == str([f"moviesearch.{name}" for name in expected])
