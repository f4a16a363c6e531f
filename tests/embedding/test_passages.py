"""Plots cut into passages: nothing left out, at sentence ends, within the window, with overlap."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.hash_encoder import SETTING, HashEncoder, cosine

from moviesearch import Movie
from moviesearch.embedding.passages import SPECIAL_TOKENS, PassageSetting, split, split_query, tokenized, whole_film

ENCODER = HashEncoder()
SENTENCES = [f"Sentence {number} tells about thing{number} here." for number in range(12)]
PLOT = " ".join(SENTENCES)


def cut(title, plot, setting=SETTING):
    return split(Movie("x", title, plot), ENCODER.tokenize, setting)


def bodies(title, plot, setting=SETTING):
    passages = cut(title, plot, setting)
    assert all(passage.startswith(f"{title} - ") for passage in passages)
    return [passage.removeprefix(f"{title} - ") for passage in passages]


def assert_covers(text, pieces):
    """Laid over each other in order, the pieces give the text: each can start at or before the end of those before."""
    covered = 0
    for piece in pieces:
        at = text.rfind(piece, 0, covered + len(piece))
        assert at >= 0, f"nothing joins {text[:covered]!r} and {piece!r}"
        covered = max(covered, at + len(piece))
    assert covered == len(text)


def test_film_within_the_window_is_one_passage_the_whole_film_text():
    plot = " ".join(["word"] * (SETTING.window - SPECIAL_TOKENS - 3))
    assert cut("Two Words", plot) == [whole_film("Two Words", plot)] == [f"Two Words - {plot}"]
    assert len(cut("Two Words", plot + " more")) > 1


def test_films_tokenized_together_are_cut_as_one_by_one():
    plots = ["Short.", PLOT, SENTENCES[0], "well-known " * 12, " ".join(SENTENCES[:3]), ""]
    films = [Movie(str(number), f"Film {number}", plot) for number, plot in enumerate(plots)]
    together = tokenized(films, lambda texts: [ENCODER.tokenize(text) for text in texts], SETTING)
    one_by_one = []

    def tokenize(text):
        if text not in together:
            one_by_one.append(text)
        return together.get(text) or ENCODER.tokenize(text)

    for film in films:
        assert split(film, tokenize, SETTING) == split(film, ENCODER.tokenize, SETTING)
    assert {len(split(film, ENCODER.tokenize, SETTING)) > 1 for film in films} == {True, False}
    assert all(text.startswith("Film ") and len(text) <= len("Film 1 - ") for text in one_by_one)


def test_long_plot_is_cut_at_sentence_ends_and_covered():
    found = bodies("Film", PLOT)
    assert len(found) > 2
    assert_covers(PLOT, found)
    assert all(body.rstrip().endswith(".") and body.startswith("Sentence ") for body in found)
    assert all(any(sentence in body for body in found) for sentence in SENTENCES)


def test_passages_fit_the_size_and_overlap_by_whole_sentences():
    setting = PassageSetting(window=64, size=30, overlap=10)
    found = bodies("Film", PLOT, setting)
    for body in found:
        assert len(ENCODER.tokenize(body)) <= setting.size
    for before, after in zip(found, found[1:], strict=False):
        shared = [sentence for sentence in SENTENCES if sentence in before and sentence in after]
        assert shared and len(ENCODER.tokenize(" ".join(shared))) <= setting.overlap


def test_without_overlap_the_passages_put_together_are_the_plot():
    assert "".join(bodies("Film", PLOT, PassageSetting(window=32, size=24, overlap=0))) == PLOT


def test_every_passage_with_its_title_fits_the_window():
    for title in ("Film", "A Rather Long Title of Nine Words in All", "title " * 200):
        for passage in cut(title.strip(), PLOT):
            assert len(ENCODER.tokenize(passage)) <= SETTING.window - SPECIAL_TOKENS


def test_sentence_longer_than_a_passage_is_cut_between_words():
    plot = " ".join(f"word{number}" for number in range(200))
    found = bodies("Film", plot)
    assert_covers(plot, found)
    assert {word for body in found for word in body.split()} == set(plot.split())


@pytest.mark.parametrize(
    "end",
    [". ", "! ", "? ", "... ", "… ", '." ', ".” ", ".) ", "。", "！」", "\n"],
)
def test_sentence_ends(end):
    plot = end.join(f"Sentence {number} has just these seven words" for number in range(6)) + "."
    found = bodies("Film", plot, PassageSetting(window=32, size=20, overlap=0))
    assert len(found) > 1
    for body in found:
        assert body.startswith("Sentence ")


@pytest.mark.parametrize("inner", ["Mr. smith", "3.5 million", "at 9 p.m. he"])
def test_a_full_stop_within_a_sentence_ends_none(inner):
    sentence = f"Here {inner} is told of in so many words. "
    found = bodies("Film", sentence * 8, PassageSetting(window=32, size=20, overlap=0))
    assert len(found) > 1
    for body in found:
        assert body.startswith("Here ")


def test_text_without_any_token_is_one_passage():
    assert cut("", " \n ") == [whole_film("", " \n ")]


def test_a_title_longer_than_the_window_before_a_plot_without_tokens_is_cut():
    assert cut("long " * 40, " \n ", PassageSetting(window=16, size=8, overlap=0)) == [
        whole_film("long long long", " \n ")
    ]


TEXTS = st.text(st.sampled_from("ab Z.!?…\n\"'”。éß中\u0301\u200b-"), max_size=600)


@given(TEXTS, st.text(max_size=40), st.integers(16, 48), st.integers(4, 60), st.integers(0, 60))
def test_whatever_the_plot_nothing_is_left_out(plot, title, window, size, overlap):
    setting = PassageSetting(window, size, overlap)
    passages = split(Movie("x", title, plot), ENCODER.tokenize, setting)
    if passages == [whole_film(title, plot)]:
        return
    heads = (whole_film(title[:end], "") for end in range(len(title), -1, -1))
    head = next(head for head in heads if passages[0].startswith(head))
    assert_covers(plot, [passage[len(head) :] for passage in passages])
    assert all(len(ENCODER.tokenize(passage)) <= window - SPECIAL_TOKENS for passage in passages)


@given(TEXTS, st.integers(8, 48))
def test_whatever_the_query_its_pieces_put_together_are_it(text, window):
    pieces = split_query(text, ENCODER.tokenize, window)
    assert "".join(pieces) == text
    assert all(len(ENCODER.tokenize(piece)) <= window - SPECIAL_TOKENS for piece in pieces)


def test_hash_encoder_keeps_its_word():
    a, b = ENCODER.vector("a red house"), ENCODER.vector("The red barn stood")
    assert cosine(a, b) == pytest.approx((1 + 1) / np.sqrt((1 + 3) * (1 + 4)))
    assert np.array_equal(ENCODER.encode(["A red, house!"])[0], a)
    assert np.array_equal(ENCODER.vector("word " * 30), ENCODER.vector("word " * 31))
