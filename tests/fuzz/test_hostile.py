"""Hostile input: what `hostile` begins with, and changes of it by chance; the fuzzer itself is run by hand."""

import gc
import json
import random

import hostile
import pytest

from moviesearch.errors import DamagedError, MovieSearchError, StoreError
from moviesearch.retrieval import queries

pytestmark = pytest.mark.integration

CHANGES = 300


def _changed(data, chance):
    """A few bytes deleted, repeated, changed or put in."""
    data = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at, length = chance.randrange(len(data) + 1), chance.randint(1, 16)
        new = chance.choice(
            (b"", bytes(chance.randrange(256) for _ in range(length)), bytes(data[at : at + length]) * 3)
        )
        data[at : at + length * chance.randrange(2)] = new
    return bytes(data)


@pytest.fixture
def heap_at_rest():
    """Python's search for garbage leaves out what other tests keep, which took half a second of an input's time."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.slow
@pytest.mark.usefixtures("heap_at_rest")
@pytest.mark.parametrize("target", hostile.TARGETS.values(), ids=hostile.TARGETS)
def test_nothing_hostile_does_harm(target):
    chance = random.Random(1)
    seeds = [data for of, data in hostile.seeds() if of is target]
    for data in seeds:
        hostile.try_one(target, data)
    small = [data for data in seeds if len(data) < 5000]
    for _ in range(CHANGES):
        hostile.try_one(target, _changed(chance.choice(small), chance))


def test_what_is_sound_is_taken():
    sound = {target: data for target, data in reversed(list(hostile.seeds()))}
    for target, data in sound.items():
        target(data)


def _seeds_of(target, part):
    found = [data for of, data in hostile.seeds() if of is target and part in data]
    assert found, part
    return found


@pytest.mark.parametrize("number", [b"1e400", b"-1", b"NaN", b'"x"', b"9" * 30])
def test_a_backup_whose_numbers_lie_is_refused(number):
    for data in _seeds_of(hostile.backup, b'"seq": ' + number):
        with pytest.raises(StoreError, match="is no backup, or a damaged one"):
            hostile.backup(data)


@pytest.mark.parametrize("shape", [b"2000000000000", b"9223372036854775807", b"(-1, 8)"])
def test_a_backup_whose_vectors_are_said_to_be_others_is_refused(shape):
    (data,) = _seeds_of(hostile.backup, shape)
    with pytest.raises(StoreError, match="is no backup, or a damaged one"):
        hostile.backup(data)


def test_a_backup_that_would_fill_the_memory_is_refused():
    with pytest.raises(StoreError, match=r"manifest\.json would unpack to 0\.1 GB"):
        hostile.backup(b"\x00" + hostile._bomb())


@pytest.mark.parametrize("answer", [b"null", b"[]", b"{}", b'"x"', b'{"ids": [[null]], "distances": null}'])
def test_a_server_whose_answers_are_no_chroma_servers_is_told(answer):
    before = b"\n".join(next(data for of, data in hostile.seeds() if of is hostile.server).split(b"\n")[:2])
    for data in _seeds_of(hostile.server, b"\x00" + answer):
        if data.startswith(before):  # what a server says of a database is not looked into
            with pytest.raises(MovieSearchError):
                hostile.server(data)


@pytest.mark.parametrize("name", ["more", "plot", "passages", "seq"])
@pytest.mark.parametrize("lie", [10**15, 2**70, -1, 1.5, "x"])
def test_a_server_whose_rows_tell_of_numbers_that_can_not_be_is_told(name, lie):
    """Once it made a list of so many rows, and came to no end."""
    (data,) = {data for data in _seeds_of(hostile.server, f'"{name}": {json.dumps(lie)}'.encode())}
    if name == "seq" and lie == 10**15:
        return hostile.server(data)
    with pytest.raises(DamagedError, match=f"the film 'one' can't be read from x .its '{name}' is "):
        hostile.server(data)


def test_a_backup_whose_array_has_no_head_is_refused():
    files = [None, *sorted(hostile._made())]
    array = b"\x93NUMPY\x01\x00v\x00{'descr': '<f4', '".ljust(128) + bytes(64)
    with pytest.raises(StoreError, match="is no backup, or a damaged one"):
        hostile.backup(bytes([files.index("films-00000.npy")]) + array)


def test_what_a_server_says_is_shown_without_control_characters():
    for data in _seeds_of(hostile.server, b"u001b"):
        with pytest.raises(Exception) as caught:
            hostile.server(data)
        assert "\x1b" not in str(caught.value)


def test_a_row_of_another_program_among_the_passages_is_left_out():
    (sound, *_) = _seeds_of(hostile.server, b'"one#0"')
    hostile.try_one(hostile.server, sound.replace(b'[["one#0"]]', b'[["one#"]]'))
    hostile.try_one(hostile.server, sound.replace(b'[["one#0"]]', b'[["none"]]'))


def test_a_question_of_repeats_is_cleaned_at_once():
    for piece in ("not ", "(", "when i was a about a ", "similar to The ", "John Smith "):
        assert queries.clean(piece * 2000).text
