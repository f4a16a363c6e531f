"""The token index gives back what it was given, in the order asked for, and tells when it is not as it was written."""

import sqlite3
import threading
from contextlib import closing

import numpy as np
import pytest

from moviesearch.errors import DamagedError, StoreError
from moviesearch.storage.rows import passage_id
from moviesearch.storage.token_index import UNFINISHED, TokenIndex
from moviesearch.storage.vector_cache import VectorCache

WIDTH = 24


def made(seed, tokens, width=WIDTH):
    """Token vectors, another table for each seed."""
    return np.random.default_rng(seed).integers(0, 256, (tokens, width), np.uint8)


@pytest.fixture
def rows():
    """Three films with one, two and three passages, of 5 to 10 tokens."""
    return {
        film: [(passage_id(film, at), made(10 * number + at, 4 + number + at)) for at in range(number)]
        for number, film in enumerate("abc", 1)
    }


@pytest.fixture
def index(tmp_path):
    with closing(TokenIndex.anew(tmp_path / "tokens-1", "a head", "a collection")) as index:
        yield index


def asked(index, *passages):
    """The token vectors of each passage, as lists."""
    tokens, starts = index.tokens(passages)
    assert tokens.dtype == np.uint8 and starts.dtype == np.int64 and len(starts) == len(passages) + 1
    return [tokens[start:end].tolist() for start, end in zip(starts, starts[1:], strict=False)]


def test_rows_come_back_as_they_were_put(index, rows, tmp_path):
    index.write(rows, 7)
    index.close()
    with closing(TokenIndex.opened(tmp_path / "tokens-1")) as again:
        assert (again.generation, again.digest, again.collection, len(again)) == (7, "a head", "a collection", 6)
        for _, tokens in rows["c"]:
            assert tokens.tolist() in asked(again, "c#0", "c#1", "c#2")
        b1, a0 = rows["b"][1][1].tolist(), rows["a"][0][1].tolist()
        assert asked(again, "b#1", "gone#0", "a#0", "b#1", "it's") == [b1, [], a0, b1, []]
        assert asked(again) == []
        assert again.check({"a": 1, "b": 2, "c": 3}) is None


def test_more_passages_than_fit_one_question(index):
    films = {f"f{number}": [(f"f{number}#0", made(number, 2))] for number in range(1200)}
    index.write(films, 1)
    wanted = [f"f{number}#0" for number in reversed(range(1200))]
    assert asked(index, *wanted) == [films[row[:-2]][0][1].tolist() for row in wanted]


def test_a_film_is_replaced_and_taken_out(index, rows):
    index.write(rows, 1)
    index.write({"c": [("c#0", made(99, 3))], "b": []}, 2)
    assert asked(index, "a#0", "b#0", "b#1", "c#0", "c#1") == [
        rows["a"][0][1].tolist(),
        [],
        [],
        made(99, 3).tolist(),
        [],
    ]
    assert (len(index), index.generation, index.check({"a": 1, "c": 1})) == (2, 2, None)


def test_it_is_unfinished_until_a_generation_is_named(index, rows):
    assert index.generation == UNFINISHED
    index.write({"a": rows["a"]}, None)
    assert index.generation == UNFINISHED
    index.write({}, 3)
    assert index.generation == 3
    index.write({"b": rows["b"]}, None)
    assert index.generation == UNFINISHED


def test_passages_without_tokens(index):
    assert index.tokens(["a#0"])[0].shape == (0, 0)
    index.write({"a": [("a#0", np.zeros((0, WIDTH), np.uint8)), ("a#1", made(1, 2))]}, 1)
    assert asked(index, "a#0", "a#1") == [[], made(1, 2).tolist()]
    assert index.tokens(["a#0"])[0].shape == (0, WIDTH)
    assert index.check({"a": 2}) is None


def test_tokens_of_another_width_are_refused_and_nothing_changes(index, rows):
    index.write(rows, 1)
    with pytest.raises(StoreError, match="moviesearch repair"):
        index.write({"a": [("a#0", made(1, 3, WIDTH + 1))]}, 2)
    assert index.generation == 1 and asked(index, "a#0") == [rows["a"][0][1].tolist()]


def test_another_thread_reads_what_one_has_written(index, rows):
    index.write(rows, 1)
    read = []
    thread = threading.Thread(target=lambda: read.extend(asked(index, "a#0")))
    thread.start()
    thread.join()
    assert read == [rows["a"][0][1].tolist()]


@pytest.mark.parametrize(
    "statement, said",
    [
        ("UPDATE tokens SET tokens = zeroblob(length(tokens)) WHERE passage = 'b#1'", "'b#1' are not as they were"),
        ("UPDATE tokens SET passage = 'b#7' WHERE passage = 'b#1'", "'b#7' are not as they were"),
        ("UPDATE tokens SET film = 'a' WHERE passage = 'b#1'", "'b#1', which is no passage of 'a'"),
        ("DELETE FROM tokens WHERE passage = 'b#1'", "no token vectors of 'b#1'"),
    ],
)
def test_check_finds_a_row_that_is_not_as_it_was_written(index, rows, statement, said):
    index.write(rows, 1)
    with closing(sqlite3.connect(index.path)) as file, file:
        file.execute(statement)
    assert said in index.check({"a": 1, "b": 2, "c": 3})


def test_check_finds_a_passage_that_no_film_has(index, rows):
    index.write(rows, 1)
    assert "'c#2', which is no passage" in index.check({"a": 1, "b": 2, "c": 2})


def test_a_row_cut_short_is_damage(index, rows):
    index.write(rows, 1)
    with closing(sqlite3.connect(index.path)) as file, file:
        file.execute("UPDATE tokens SET tokens = substr(tokens, 1, 7)")
    with pytest.raises(DamagedError, match="no whole number of tokens"):
        index.tokens(["a#0"])


def test_a_file_of_something_else_is_damage_and_anew_begins_in_its_place(tmp_path, rows):
    folder = tmp_path / "tokens-1"
    folder.mkdir()
    (folder / "tokens.sqlite3").write_bytes(b"no database" * 1000)
    with pytest.raises(DamagedError):
        TokenIndex.opened(folder)
    with closing(TokenIndex.anew(folder, "a head", "a collection")) as index:
        index.write(rows, 1)
        assert index.check({"a": 1, "b": 2, "c": 3}) is None


def test_where_there_is_none_none_is_opened_or_made(tmp_path):
    assert TokenIndex.opened(tmp_path / "tokens-1") is None
    assert list(tmp_path.iterdir()) == []


def test_one_that_was_made_again_is_told_from_the_one_that_is_open(index, rows, tmp_path):
    index.write(rows, 1)
    assert not index.was_replaced()
    with closing(TokenIndex.anew(tmp_path / "tokens-1", "a head", "a collection")):
        assert index.was_replaced()
        assert asked(index, "a#0") == [rows["a"][0][1].tolist()]  # until it is closed


def test_reading_changes_nothing_of_the_file(index, rows, tmp_path):
    """Its size and time are stamped."""
    index.write(rows, 1)
    index.close()
    before = index.path.stat()
    with closing(TokenIndex.opened(tmp_path / "tokens-1")) as again:
        asked(again, "a#0")
    assert (index.path.stat().st_mtime_ns, index.path.stat().st_size) == (before.st_mtime_ns, before.st_size)
    assert [path.name for path in (tmp_path / "tokens-1").iterdir()] == ["tokens.sqlite3"]


# the cache, from which it is made again


@pytest.fixture
def cache(tmp_path):
    with closing(VectorCache(tmp_path / "vectors.sqlite3")) as cache:
        yield cache


def test_cache_gives_back_token_vectors_of_a_model_and_a_head(cache):
    tokens = {"one": made(1, 3), "\ud800 alone": made(2, 5), "": made(3, 0)}
    cache.put_tokens("model", "head", tokens, {"one": np.ones(4, np.float32)})
    got = cache.get_tokens("model", "head", [*tokens, "three"])
    assert {text: of_text.tolist() for text, of_text in got.items()} == {t: v.tolist() for t, v in tokens.items()}
    assert cache.without_tokens("model", "head", ["two", "one", "", "three"]) == ["two", "three"]
    for other in (("other model", "head"), ("model", "other head")):
        assert cache.get_tokens(*other, list(tokens)) == {}
    assert list(cache.get("model", list(tokens))) == ["one"]


def test_token_vectors_that_rotted_in_the_cache_count_as_missing(cache):
    cache.put_tokens("model", "head", {"one": made(1, 3), "two": made(2, 3)})
    with closing(sqlite3.connect(cache.path)) as file, file:
        file.execute("UPDATE tokens SET tokens = zeroblob(72) WHERE rowid = 1")
    assert list(cache.get_tokens("model", "head", ["one", "two"])) == ["two"]


def test_a_cache_of_the_first_version_takes_token_vectors(cache):
    cache.put("model", {"one": np.ones(4, np.float32)})
    cache.close()
    with closing(sqlite3.connect(cache.path)) as file, file:
        file.execute("DROP TABLE tokens")
    with closing(VectorCache(cache.path)) as again:
        again.put_tokens("model", "head", {"one": made(1, 3)})
        assert list(again.get_tokens("model", "head", ["one"])) == list(again.get("model", ["one"])) == ["one"]
    assert [path.name for path in cache.path.parent.glob("vectors*")] == ["vectors.sqlite3"]  # none set aside
