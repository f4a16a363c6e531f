"""`moviesearch evaluate` by the bundled model: what it shows, saves, compares with and refuses."""

import json

import pytest

from moviesearch import Movie, MovieSearch
from moviesearch.config import Settings
from moviesearch.retrieval.evaluation import METRICS

FILMS = [
    Movie("light", "The Lamp", "A lighthouse keeper saves a sinking ship in a storm at night.", 1931, ("Drama",)),
    Movie("heist", "Vault", "Thieves dig a tunnel into a bank and are betrayed by their driver.", 1955, ("Crime",)),
    Movie("robber", "Getaway", "A bank robber flees from the police across the desert.", 1962, ("Crime",)),
    Movie("dog", "Scout", "A lost dog walks across the mountains to find the boy who raised him.", 1978, ("Family",)),
    Movie("mars", "Red Dust", "Settlers on Mars find that the well of their colony is alive.", 1999, ("Horror",)),
]
QUERIES = [
    {"query": "keeper of a lighthouse rescues a ship", "relevant": ["light"], "style": "short"},
    {"query": "I think thieves tunnel into a bank? one of them betrays the rest", "relevant": ["heist", "robber"]},
    {"query": "something in the water on Mars", "relevant": {"mars": 2.0, "light": 0.5}},
]
ALWAYS = {"mean": 1.0, "low": 1.0, "high": 1.0}
LIKE = [{"id": "heist", "title": "Vault", "relevant": {"robber": 1.0, "dog": 0.2}}]


@pytest.fixture(scope="session")
def store(tmp_path_factory, model_cache):
    """A store with FILMS; only to be read."""
    folder = tmp_path_factory.mktemp("evaluated")
    with MovieSearch(settings=Settings(store=str(folder), collection="films", cache=model_cache, model=None)) as search:
        search.ingest(FILMS)
    return folder


@pytest.fixture
def write(tmp_path):
    """write(name, records or text) -> a file."""

    def write_file(name, content):
        path = tmp_path / name
        text = content if isinstance(content, str) else "".join(json.dumps(record) + "\n" for record in content)
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


@pytest.fixture
def evaluate(run, store):
    """evaluate("queries.jsonl", "--mode", ...) on the store."""
    return lambda *arguments, **options: run("evaluate", "--store", store, *arguments, **options)


@pytest.fixture
def queries(write):
    return write("queries.jsonl", QUERIES)


def saved(path):
    return json.loads(path.read_text(encoding="utf-8"))


def assert_refused(result, status, *parts):
    assert (result.exit_code, result.stdout) == (status, "")
    assert result.stderr.startswith("Error: ") and "Traceback" not in result.stderr
    for part in parts:
        assert part in result.stderr


# what is shown and saved


def test_the_table_shows_each_metric_with_its_interval_and_the_time(evaluate, queries):
    result = evaluate(queries)
    assert (result.exit_code, result.stderr) == (0, "")
    heading, *lines = result.stdout.split("\n\n")[0].splitlines()
    assert heading.split() == ["metric", "mean", "95", "%", "low", "95", "%", "high"]
    assert [line.split()[0] for line in lines] == [*METRICS, "latency", "latency"]
    for line in lines[: len(METRICS)]:
        mean, low, high = map(float, line.split()[1:])
        assert 0 <= low <= mean <= high <= 1
    assert lines[1].split() == ["success@10", "1.000", "1.000", "1.000"]
    assert [line.split()[:3] for line in lines[-2:]] == [["latency", "p50,", "ms"], ["latency", "p95,", "ms"]]
    assert 0 < float(lines[-2].split()[-1]) <= float(lines[-1].split()[-1])


def test_under_the_total_is_a_row_for_each_style(evaluate, write):
    gone_wrong = {"query": "keeper of a lighthouse rescues a ship", "relevant": ["mars"], "style": "half right"}
    queries = write("styles.jsonl", [*QUERIES, {**QUERIES[1], "style": "half right"}, gone_wrong])
    result = evaluate(queries)
    assert (result.exit_code, result.stderr) == (0, "")
    rows = [line.split() for line in result.stdout.split("\n\n")[1].splitlines()]
    assert [row[:-1] for row in rows] == [
        ["style", "queries", "success@1", "success@10"],
        ["total", "5", "0.800", "1.000"],
        ["short", "1", "1.000", "1.000"],
        ["half", "right", "2", "0.500", "1.000"],
    ]
    assert rows[0][-1] == "MRR@10" and rows[2][-1] == "1.000" and 0.5 < float(rows[3][-1]) < 1


def test_queries_without_a_style_have_one_table(evaluate, write):
    result = evaluate(write("plain.jsonl", QUERIES[1:]))
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 1 + len(METRICS) + 2


def test_what_is_saved(evaluate, queries, tmp_path):
    path = tmp_path / "new" / "results.json"
    assert evaluate(queries, "--save", path).exit_code == 0
    results = saved(path)
    assert list(results) == ["about", "metrics", "styles", "latency_ms", "queries"]
    assert results["about"] == {"queries": "queries.jsonl", "mode": "hybrid", "model": "all-MiniLM-L6-v2", "films": 5}
    assert list(results["metrics"]) == list(METRICS)
    assert all(list(estimate) == ["mean", "low", "high"] for estimate in results["metrics"].values())
    assert list(results["latency_ms"]) == ["p50", "p95"]
    assert results["styles"] == {"short": {"queries": 1, "metrics": dict.fromkeys(METRICS, ALWAYS)}}
    for record, given in zip(results["queries"], QUERIES, strict=True):
        assert list(record) == [*given, "ranked"]
        assert (record["query"], record["relevant"]) == (given["query"], given["relevant"])
        assert sorted(record["ranked"]) == sorted(film.id for film in FILMS)
    assert [record["ranked"][0] for record in results["queries"]] == ["light", "heist", "mars"]
    assert results["metrics"]["success@1"] == ALWAYS


@pytest.mark.parametrize(
    "options, mode", [(("--mode", "lexical"), "lexical"), (("--mode", "dense"), "dense"), (("--exact",), "exact")]
)
def test_each_way_is_measured_and_named(evaluate, queries, tmp_path, options, mode):
    assert evaluate(queries, *options, "--save", tmp_path / "results.json").exit_code == 0
    results = saved(tmp_path / "results.json")
    assert results["about"]["mode"] == mode
    assert results["queries"][0]["ranked"][0] == "light"
    if mode == "lexical":
        assert len(results["queries"][0]["ranked"]) < len(FILMS)  # films without a word of it are no answer


def test_films_like_one_are_ranked_without_it(evaluate, write, tmp_path):
    assert evaluate(write("like.jsonl", LIKE), "--save", tmp_path / "results.json").exit_code == 0
    (record,) = saved(tmp_path / "results.json")["queries"]
    assert list(record) == ["id", "relevant", "ranked"]
    assert record["ranked"][0] == "robber"
    assert sorted(record["ranked"]) == ["dog", "light", "mars", "robber"]


def test_without_a_file_the_bundled_queries_are_asked(evaluate):
    assert_refused(evaluate(), 1, "Not in the collection: city-lights-1931, ", "Ingest them")


# --against


def test_a_run_against_a_saved_one(evaluate, queries, tmp_path):
    path = tmp_path / "lexical.json"
    assert evaluate(queries, "--mode", "lexical", "--save", path).exit_code == 0
    result = evaluate(queries, "--against", path, COLUMNS="200")
    assert (result.exit_code, result.stderr) == (0, "")
    comparison = result.stdout.split("\nagainst ")[1]
    name, heading, *lines = comparison.splitlines()
    assert name == f"{path}:"
    assert heading.split()[:4] == ["metric", "mine", "other", "difference"]
    assert heading.split()[-4:] == ["p", "wins", "ties", "losses"]
    assert [line.split()[0] for line in lines] == list(METRICS)
    for line in lines:
        _, mine, other, difference, low, high, p, *counts = line.split()
        assert float(difference) == pytest.approx(float(mine) - float(other), abs=0.0011)
        assert difference[0] in "+-" and float(low) <= float(difference) <= float(high)
        assert 0 < float(p) <= 1 and sum(map(int, counts)) == len(QUERIES)


def test_a_run_against_itself_is_all_ties(evaluate, queries, tmp_path):
    assert evaluate(queries, "--save", tmp_path / "results.json").exit_code == 0
    result = evaluate(queries, "--against", tmp_path / "results.json", COLUMNS="200")
    for line in result.stdout.split("\nagainst ")[1].splitlines()[2:]:
        assert line.split()[3:] == ["+0.000", "+0.000", "+0.000", "1.0000", "0", "3", "0"]


def test_a_saved_run_over_other_queries_is_refused(evaluate, queries, write, tmp_path):
    assert evaluate(write("two.jsonl", QUERIES[:2]), "--save", tmp_path / "two.json").exit_code == 0
    refused = evaluate(queries, "--against", tmp_path / "two.json")
    assert refused.exit_code == 2
    assert refused.stderr.startswith("Error: 3 queries against 2. Evaluate both with the same file")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"queries": 7}'])
def test_against_what_is_no_saved_run(evaluate, queries, write, content):
    refused = evaluate(queries, "--against", write("other.json", content))
    assert_refused(refused, 1, "other.json is no saved evaluation (", "`evaluate --save`")


# --pool


def test_only_the_pool_is_ranked(evaluate, write, tmp_path):
    pool = write("pool.json", '["heist", "dog", "robber", "mars"]')
    like = write("like.jsonl", LIKE)
    assert evaluate(like, "--pool", pool, "--save", tmp_path / "results.json").exit_code == 0
    (record,) = saved(tmp_path / "results.json")["queries"]
    assert record["ranked"][0] == "robber"
    assert sorted(record["ranked"]) == ["dog", "mars", "robber"]


@pytest.mark.parametrize(
    "content, status, parts",
    [
        ('["robber", "dog", "lost"]', 1, ["Not in the collection: lost."]),
        ('["robber", "heist"]', 2, ["not in the pool: dog."]),
        ("[]", 1, ["pool.json holds no JSON list of ids"]),
        ('{"robber": 1}', 1, ["pool.json holds no JSON list of ids"]),
        ("robber\ndog\n", 1, ["pool.json can't be read as a JSON list of ids"]),
    ],
)
def test_a_pool_that_does_not_fit(evaluate, write, content, status, parts):
    refused = evaluate(write("like.jsonl", LIKE), "--pool", write("pool.json", content))
    assert_refused(refused, status, *parts)


# what is refused


@pytest.mark.parametrize(
    "record, lacking",
    [
        ({"query": "a bank", "relevant": ["heist", "gone"]}, "gone"),
        ({"id": "away", "relevant": {"heist": 1}}, "away"),
    ],
)
def test_ids_that_the_collection_lacks_are_an_error_and_nothing_is_saved(evaluate, write, tmp_path, record, lacking):
    refused = evaluate(write("lacking.jsonl", [*QUERIES, record]), "--save", tmp_path / "results.json")
    assert_refused(refused, 1, f"Not in the collection: {lacking}. Ingest them")
    assert not (tmp_path / "results.json").exists()


@pytest.mark.parametrize(
    "line, message",
    [
        ("{broken", "not JSON in UTF-8"),
        ("[]", "not a JSON object"),
        ('{"query": "a bank"}', "relevant: "),
        ('{"query": "a bank", "relevant": []}', "relevant: "),
        ('{"query": "a bank", "relevant": {"heist": -1}}', "relevant.heist: "),
        ('{"query": " ", "relevant": ["heist"]}', "query: "),
        ('{"query": "a bank", "relevant": ["heist"], "style": 7}', "style: "),
        ('{"relevant": ["heist"]}', "query: "),
        ('{"id": "heist", "relevant": {"heist": 1}}', "relevant: "),
    ],
)
def test_bad_lines_are_named_by_file_and_number(evaluate, write, line, message):
    path = write("bad.jsonl", json.dumps(QUERIES[0]) + "\n\n" + line + "\n")
    assert_refused(evaluate(path), 1, f"{path}:3: {message}", "Each line must be like ")


@pytest.mark.parametrize("name, message", [("missing.jsonl", "No such file"), ("empty.jsonl", "empty.jsonl:1: ")])
def test_a_file_without_queries(evaluate, write, tmp_path, name, message):
    write("empty.jsonl", "\n")
    assert_refused(evaluate(tmp_path / name), 1, name, message)


def test_where_nothing_is_stored(run, queries):
    refused = run("evaluate", queries)
    assert_refused(refused, 1, "moviesearch ingest")


@pytest.mark.parametrize("options", [("--mode", "psychic"), ("--intent", "both"), ("--exact", "--mode", "hybrid")])
def test_wrong_usage_is_2(evaluate, queries, options):
    wrong = evaluate(queries, *options)
    assert (wrong.exit_code, wrong.stdout) == (2, "")


def test_a_place_that_can_not_be_written(evaluate, queries, tmp_path):
    refused = evaluate(queries, "--save", tmp_path)
    assert refused.exit_code == 1
    assert "can't be written" in refused.stderr and "Traceback" not in refused.stderr
