"""Scores token by token worked out by hand, the head that makes token vectors, its file, and the bundled model's."""

from dataclasses import replace

import numpy as np
import pytest

from moviesearch.embedding.late_interaction import (
    COMPARED,
    EVERYWHERE,
    MOST_TOKENS,
    QueryTokens,
    TokenHead,
    bundled_head,
    query_tokens,
    read_head,
    untrained,
    write_head,
)
from moviesearch.embedding.models import locate
from moviesearch.embedding.onnx_encoder import OnnxEncoder
from moviesearch.errors import EncoderError

MODEL, DIMENSION = "all-MiniLM-L6-v2", 384


def as_bytes(*rows):
    return np.array(rows, np.int8).view(np.uint8)


def head(**parts):
    """A head of four dimensions that changes nothing: of five tokens, number 0 tells nothing."""
    plain = TokenHead(
        projection=np.eye(4, dtype=np.float32),
        query_projection=np.eye(4, dtype=np.float32),
        weights=np.array([0, 1, 2, 3, 4], np.float32),
        telling=np.array([False, True, True, True, True]),
        context=np.zeros(4, np.float32),
    )
    return replace(plain, **parts)


def states(*rows):
    return np.array(rows, np.float32)


# scores


def test_each_token_counts_with_its_most_similar_one_by_its_weight():
    question = QueryTokens(states([0.01, 0], [0, 0.01]), np.array([0.75, 0.25], np.float32), ("ship", "sinks"))
    tokens = as_bytes([100, 10], [20, 50], [-100, -40], [30, 30], [10, 90])

    # Passages of two tokens, none, one, none and two.
    scores = question.scores(tokens, np.array([0, 2, 2, 3, 3, 5]))

    assert scores == pytest.approx([0.75 * 1 + 0.25 * 0.5, -1, -0.75 - 0.25 * 0.4, -1, 0.75 * 0.3 + 0.25 * 0.9])


def test_no_passage_has_a_token_or_the_question_has_none():
    question = QueryTokens(states([0.01, 0]), np.ones(1, np.float32), ("ship",))
    silent = QueryTokens(np.zeros((0, 2), np.float32), np.zeros(0, np.float32), ())

    assert question.scores(np.zeros((0, 2), np.uint8), np.array([0, 0, 0])).tolist() == [-1, -1]
    assert question.scores(np.zeros((0, 2), np.uint8), np.array([0])).tolist() == []
    assert silent.scores(as_bytes([1, 2]), np.array([0, 1])).tolist() == [-1]


def test_the_best_token_of_a_passage_for_each_of_the_question():
    question = QueryTokens(states([0.01, 0], [0, 0.01]), np.array([0.5, 0.5], np.float32), ("ship", "sinks"))

    rows, similarities = question.best(as_bytes([20, 50], [-100, 80], [60, 10]))

    assert rows.tolist() == [2, 1]
    assert similarities == pytest.approx([0.6, 0.8])


def test_passage_tokens_are_rounded_to_bytes_and_only_telling_ones_kept():
    tokens = head().passage(states([1, 2, 3, 4], [9, 9, 9, 9], [-3, 0, 0, 0], [0.5, -0.5, 0.5, -0.5]), [2, 0, 1, 1])

    # 254/sqrt(30) = 46.4: 46.4, 92.7, and two that are cut.
    assert tokens.dtype == np.uint8
    assert tokens.view(np.int8).tolist() == [[46, 93, 127, 127], [-127, 0, 0, 0], [127, -127, 127, -127]]


def test_a_token_compared_with_itself_is_as_similar_as_can_be_but_for_rounding():
    chance = np.random.default_rng(3)
    hidden = chance.standard_normal((6, 64)).astype(np.float32)
    wide = TokenHead(*[np.eye(64, dtype=np.float32)] * 2, np.ones(9), np.ones(9, bool), np.zeros(64))
    ids = range(6)

    vectors, _ = wide.query(hidden, ids)
    found = wide.passage(hidden, ids).view(np.int8).astype(np.float32) @ vectors.T

    unit = hidden / np.linalg.norm(hidden, axis=1, keepdims=True)
    assert np.allclose(found, unit @ unit.T, atol=0.01)


def test_weights_of_a_questions_tokens_grow_and_shrink_by_what_is_around_them():
    context = np.array([np.log(2), 0, 99, 0], np.float32)

    _, weights = head(context=context).query(states([0, 1, 0, 0], [1, 0, 0, 0], [0, 0, -1, 0]), [4, 3, 1])

    assert weights == pytest.approx([4, 6, np.exp(-5)])


# the tokens of a question


def piece(text, *tokens):
    """A piece of a question whose tokens are given as (start, end, weight)."""
    spans = [(start, end) for start, end, _ in tokens]
    weights = np.array([weight for _, _, weight in tokens], np.float32)
    return text, (np.array([[weight] for weight in weights], np.float32).reshape(-1, 1), weights, spans)


def together(*pieces):
    return query_tokens([text for text, _ in pieces], [part for _, part in pieces])


def test_pieces_are_one_question_with_whole_words_and_weights_that_sum_to_1():
    tokens = together(piece("A shipwreck.", (2, 6, 3), (6, 11, 1)), piece(""), piece("Fog", (0, 3, 4)))

    assert tokens.texts == ("shipwreck", "shipwreck", "Fog")
    assert tokens.weights == pytest.approx([3 / 8, 1 / 8, 4 / 8])
    assert tokens.vectors.ravel().tolist() == [3, 1, 4]


def test_of_many_tokens_those_of_the_greatest_weights_are_kept_in_their_order():
    weights = [number * 37 % 100 + 1 for number in range(100)]
    text = " ".join(f"{weight:03}" for weight in weights)

    tokens = together(piece(text, *((4 * n, 4 * n + 3, weight) for n, weight in enumerate(weights))))

    most = range(101 - MOST_TOKENS, 101)
    least = next(weight for weight in most if sum(range(weight + 1, 101)) < COMPARED * sum(most))
    assert list(tokens.texts) == [f"{weight:03}" for weight in weights if weight >= least]
    assert len(tokens.texts) == len(tokens.weights) == len(tokens.vectors)
    assert tokens.weights.sum() == pytest.approx(1)


def test_tokens_that_hardly_count_are_not_compared():
    tokens = together(piece("the old whale", (0, 3, 0.01), (4, 7, 1.0), (8, 13, 3.0)))

    assert tokens.texts == ("old", "whale")
    assert tokens.weights.tolist() == pytest.approx([0.25, 0.75])


def test_a_question_of_no_tokens():
    tokens = together(piece("?!"))

    assert (tokens.texts, tokens.weights.tolist()) == ((), [])


# a head that was not trained

VOCABULARY = {"the": 0, "whale": 1, "##s": 2, ",": 3, "é": 4, "ship": 5}


def test_untrained_head_keeps_words_that_are_not_everywhere():
    ids = [[0, 1, 3], [0, 5, 3], [0, 2, 5], [5], [1, 1, 1]]
    chance = np.random.default_rng(5)
    hidden = [chance.standard_normal((len(tokens), 8)).astype(np.float32) for tokens in ids]

    made = untrained(hidden, ids, VOCABULARY)

    telling = {token for token, number in VOCABULARY.items() if made.telling[number]}
    assert EVERYWHERE == 0.4
    assert telling == {"whale", "##s", "é"}  # "the" and "ship" are in three of five; a mark is no word
    # In 3, 2, 1, 2, 0 and 3 of five texts: ln(1 + (5 - n + .5) / (n + .5)).
    by_count = [np.log(1 + (5.5 - n) / (n + 0.5)) for n in (3, 2, 1, 2, 0, 3)]
    assert made.weights == pytest.approx(by_count)


def test_untrained_head_projects_on_what_differs_most():
    chance = np.random.default_rng(6)
    hidden = chance.standard_normal((200, 3)).astype(np.float32) * np.array([0.01, 5, 1], np.float32)

    made = untrained([hidden], [[1] * 200], VOCABULARY)

    assert np.abs(made.projection[:, 0]).argmax() == 1
    assert np.allclose(made.projection.T @ made.projection, np.eye(3), atol=1e-5)
    _, weights = made.query(hidden[:2], [1, 4])
    assert weights == pytest.approx(made.weights[[1, 4]])


# its file


def test_a_head_is_read_as_it_was_written(tmp_path):
    written = head(context=np.array([0.5, -0.25, 0, 1], np.float32), query_projection=2 * np.eye(4, dtype=np.float32))
    write_head(tmp_path / "head.npz", written)

    again = read_head(tmp_path / "head.npz")

    for part in ("projection", "query_projection", "weights", "context", "telling"):
        assert getattr(again, part).dtype == getattr(written, part).dtype
        assert getattr(again, part).tolist() == getattr(written, part).tolist()
    assert again.digest == written.digest


def cut_short(path):
    path.write_bytes(path.read_bytes()[:-60])


def emptied(path):
    path.write_bytes(b"")


def of_something_else(path):
    path.write_bytes(b"<html>not found</html>")


def without_a_part(path):
    np.savez(path, projection=np.eye(4))


def of_parts_that_do_not_fit(path):
    write_head(path, head(context=np.zeros(3, np.float32)))


def gone(path):
    path.unlink()


def scratched(path):
    raw = bytearray(path.read_bytes())
    at = raw.index(b"projection.npy") + 40
    raw[at : at + 20] = b"\xff" * 20
    path.write_bytes(raw)


@pytest.mark.parametrize(
    "damage", [cut_short, emptied, of_something_else, without_a_part, of_parts_that_do_not_fit, scratched, gone]
)
def test_damaged_file_is_named_with_the_way_out(tmp_path, damage):
    path = tmp_path / "head-mine.npz"
    write_head(path, head())
    damage(path)

    with pytest.raises(EncoderError, match=r"head-mine\.npz.*delete it, or reinstall moviesearch"):
        read_head(path)


def test_digest_names_what_shapes_passages_and_nothing_else():
    plain = head()
    for part in ("query_projection", "weights", "context"):
        assert head(**{part: getattr(plain, part) + 1}).digest == plain.digest
    assert head(projection=plain.projection * 2).digest != plain.digest
    assert head(telling=~plain.telling).digest != plain.digest
    assert head(projection=plain.projection[:, :2]).digest != plain.digest


# the bundled model's


@pytest.mark.parametrize(("model", "dimension"), [(MODEL, DIMENSION), ("all-mpnet-base-v2", 768)])
def test_bundled_head_is_that_of_the_model_in_any_precision(model, dimension):
    found = bundled_head(model, dimension)
    assert found.projection.shape[0] == dimension
    assert bundled_head(f"{model}@int8", dimension).digest == found.digest


@pytest.mark.parametrize("name", ["nobody-knows-it", "", "@int8", f"../data/{MODEL}", f"sentence/{MODEL}"])
def test_no_bundled_head_for_other_models(name):
    assert bundled_head(name, DIMENSION) is None


def test_no_bundled_head_for_another_dimension():
    assert bundled_head(MODEL, 768) is None


TEXTS = (
    "A shark attacks swimmers; the chief of police closes the beach.",
    "Zwei Männer stehlen ein U-Boot.",
    "the of and a",
    "",
    "🦈 ?!",
    " ".join(f"On day {number} the castaway talks to a ball." for number in range(80)),
)


def test_vectors_come_out_the_same_with_token_vectors(prepared_model):
    alone = prepared_model.encode(TEXTS)
    with_tokens, tokens = prepared_model.encode_tokens(TEXTS)

    assert np.allclose(with_tokens, alone, atol=1e-6)
    assert {rows.dtype for rows in tokens} == {np.dtype(np.uint8)}
    assert len({rows.shape[1] for rows in tokens}) == 1


def test_token_vectors_are_those_of_the_telling_spans(prepared_model):
    _, tokens = prepared_model.encode_tokens(TEXTS)
    spans = [prepared_model.telling_spans(text) for text in TEXTS]

    assert [len(rows) for rows in tokens] == list(map(len, spans))
    vocabulary, telling = prepared_model.vocabulary(), bundled_head(MODEL, DIMENSION).telling
    whole_words = TEXTS[0]
    kept = [
        (start, end)
        for start, end in prepared_model.tokenize(whole_words)
        if telling[vocabulary[whole_words[start:end].lower()]]
    ]
    assert spans[0] == kept
    assert spans[3] == []


def test_what_is_beyond_the_window_has_no_token_vector(prepared_model):
    text = TEXTS[-1]
    tokens = prepared_model.tokenize(text)
    assert len(tokens) > 2 * prepared_model.window
    _, last = tokens[prepared_model.window - 3]  # but for the two special ones

    spans = prepared_model.telling_spans(text)

    assert 0 < len(spans) < prepared_model.window
    assert max(end for _, end in spans) <= last
    _, (whole, within) = prepared_model.encode_tokens([text, text[:last]])
    assert (whole.shape, whole.tolist()) == (within.shape, within.tolist())


def test_a_question_in_pieces_one_of_which_is_empty(prepared_model):
    _, tokens = prepared_model.encode_query(["A shark attacks.", "", "The beach is closed."])
    vectors, silent = prepared_model.encode_query([""])

    assert [word for word in tokens.texts if word.isalpha()] == [
        "shark",
        "attacks",
        "beach",
        "closed",
    ]
    assert tokens.weights.sum() == pytest.approx(1)
    assert len(tokens.vectors) == len(tokens.weights) == len(tokens.texts)
    assert vectors.shape == (1, prepared_model.dimension)
    assert (silent.texts, silent.weights.tolist()) == ((), [])


def test_a_long_question_is_compared_by_its_weightiest_tokens(prepared_model):
    _, tokens = prepared_model.encode_query([TEXTS[-1]])
    assert MOST_TOKENS // 2 < len(tokens.weights) <= MOST_TOKENS < len(TEXTS[-1].split())


def test_a_passage_is_most_like_the_question_that_has_its_own_words(prepared_model):
    plots = ["A shark attacks swimmers at a beach.", "A chef opens a restaurant.", ""]
    _, tokens = prepared_model.encode_tokens(plots)
    starts = np.cumsum([0, *map(len, tokens)])

    for best, question in enumerate(plots[:2]):
        _, asked = prepared_model.encode_query([question])
        scores = asked.scores(np.concatenate(tokens), starts)
        assert scores.argmax() == best
        assert scores[2] == -1
        assert scores.min() >= -1
        assert scores.max() <= 1.02  # but for rounding


def test_an_encoder_without_a_head_gives_none_and_says_so(prepared_model, model_cache):
    bare = OnnxEncoder(locate(None, model_cache), prepared_model._sessions.graph, 1)

    vectors, tokens = bare.encode_query(["A shark."])
    assert (bare.token_digest, tokens) == (None, None)
    assert np.allclose(vectors, prepared_model.encode(["A shark."]), atol=1e-6)
    for ask in (lambda: bare.encode_tokens(["A shark."]), lambda: bare.telling_spans("A shark.")):
        with pytest.raises(EncoderError, match="all-MiniLM-L6-v2 gives no token vectors"):
            ask()
