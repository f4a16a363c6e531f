"""Sources that were damaged, made to hurt, or made up by hypothesis: bounded memory, no error but SourceError."""

import gzip
import io
import json
import time
import tracemalloc
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moviesearch.errors import SourceError
from moviesearch.records import Movie, Rejected
from moviesearch.sources import read
from moviesearch.sources.placeholders import is_no_genre, is_no_plot, is_no_title, is_nothing, is_written_by_a_program

GOOD = b'{"title": "Ran", "plot": "A warlord divides his realm."}\n'
MIB = 1 << 20


def films(raw):
    return list(read("-", stdin=io.BytesIO(raw)))


class Endless(io.RawIOBase):
    """`start`, then `block` again and again, `times` over: a file that needs no disk and no memory."""

    def __init__(self, start, block, times, end=b""):
        self._parts = (part for parts in ((start,), (block for _ in range(times)), (end,)) for part in parts)
        self._rest = b""

    def readable(self):
        return True

    def readinto(self, buffer):
        self._rest = self._rest or next(self._parts, b"")
        taken, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)


def peak_of(stream):
    """Read a stream to its end; return what came last, how many records came, and the peak of memory."""
    count, last = 0, None
    tracemalloc.start()
    try:
        for count, last in enumerate(read("-", stdin=stream), 1):  # noqa: B007
            pass
        return last, count, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


PLOT = b"The realm burns. " * 4000
CSV_ROWS = b"".join(b'"Film %d","%s"\n' % (number, PLOT) for number in range(10))
LINES = b"".join(b'{"title": "Film %d", "plot": "%s"}\n' % (number, PLOT) for number in range(10))


@pytest.mark.integration
@pytest.mark.parametrize(
    "stream",
    [
        pytest.param(lambda: Endless(b"", LINES, 60), id="json-lines"),
        pytest.param(lambda: Endless(b"[", LINES.replace(b"}\n", b"}, "), 60, b"{}]"), id="list-on-one-line"),
        pytest.param(lambda: Endless(b"title,plot\n", CSV_ROWS, 60), id="csv"),
        pytest.param(lambda: io.BytesIO(gzip.compress(LINES * 60, 1)), id="gzip"),
        pytest.param(
            lambda: Endless("\ufeff".encode("utf-16-le"), LINES.decode().encode("utf-16-le"), 60), id="utf-16"
        ),
    ],
)
def test_forty_megabytes_are_read_in_a_few(stream):
    stream = stream()
    last, count, peak = peak_of(stream)
    assert count >= 600
    assert isinstance(last, Rejected)
    assert peak < 4 * MIB


@pytest.mark.parametrize(
    ("start", "end", "reason"),
    [
        pytest.param(GOOD + b'{"title": "', b'"}\n' + GOOD, "is longer than 16 MiB", id="json-line"),
        pytest.param(GOOD, b"\n" + GOOD, "is longer than 16 MiB", id="not-even-json"),
        pytest.param(b"title,plot\nA,b\nB,", b"\nC,d\n", "is longer than 16 MiB", id="csv-line"),
        pytest.param(b"[" + GOOD + b',{"title": "', b'"}]', "is longer than 16 MiB (the rest", id="list"),
    ],
)
def test_a_line_of_fifty_megabytes_is_left_behind(start, end, reason):
    tracemalloc.start()
    try:
        first, fault, *after = read("-", stdin=Endless(start, b"x" * MIB, 50, end))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(first, Movie)
    assert fault.reason.startswith(reason)
    assert bool(after) is not start.startswith(b"[")
    assert peak < 150 * MIB


@pytest.mark.integration
def test_a_gzip_bomb_is_bounded():
    bomb = gzip.compress(GOOD + b'{"title": "' + b"x" * (60 * MIB), 6)
    assert len(bomb) < MIB // 4
    last, count, peak = peak_of(io.BytesIO(bomb))
    assert (last, count) == (Rejected("stdin:2", "", "is longer than 16 MiB"), 2)
    assert peak < 60 * MIB
    with pytest.raises(SourceError, match="is a binary file"):
        films(gzip.compress(b"\0" * 10 * MIB))


@pytest.mark.parametrize("cut", [1, 8, 9, 2000])
def test_a_cut_off_gzip_gives_what_is_whole_and_says_so(cut):
    many = b"".join(b'{"title": "Film %d", "plot": "%d"}\n' % (number, number**9) for number in range(1000))
    *whole, fault = films(gzip.compress(many)[:-cut])
    assert 500 < len(whole) < 1000 if cut > 9 else len(whole) == 1000
    assert all(isinstance(movie, Movie) for movie in whole)
    assert fault.place == f"stdin:{len(whole) + 1}"
    assert fault.reason == "the gzip data is damaged or cut off from here on: get the file again"


def test_a_damaged_gzip_is_no_more_than_a_fault():
    packed = bytearray(gzip.compress(GOOD * 2000, 0))
    packed[-2] ^= 1
    assert films(bytes(packed))[-1].reason.startswith("the gzip data is damaged")
    assert films(gzip.compress(GOOD) + b"garbage")[-1].reason.startswith("the gzip data is damaged")
    assert films(gzip.compress(GOOD) + gzip.compress(GOOD))[-1].duplicate


def test_a_cut_off_gzip_of_csv_does_not_give_half_a_plot():
    packed = gzip.compress(b"title,plot\n" + b"".join(b"Film %d,%d once upon a time\n" % (n, n) for n in range(99)), 0)
    *whole, fault = films(packed[:-30])
    assert all(movie.plot.endswith("once upon a time") for movie in whole)
    assert fault.reason.startswith("the gzip data is damaged")


@pytest.mark.integration
@pytest.mark.parametrize("start", [b"", GOOD, b"title,plot\nA,b\n"])
def test_a_million_empty_lines_pass_quickly(start):
    began = time.process_time()
    end = GOOD if start != b"title,plot\nA,b\n" else b"C,d\n"
    *_, last = films(start + b"\n" * 1_000_000 + end)
    assert getattr(last, "title", "C") in ("Ran", "C")
    assert time.process_time() - began < 5


@pytest.mark.integration
@pytest.mark.parametrize(
    "row",
    [b'x",",', b'"', b'"a""', b',"""', b'"\r', b'","', b'""","'],
)
def test_quotes_made_to_be_read_again_and_again(row):
    began = time.process_time()
    results = films(b"title,plot\n" + (row + b"\n") * 30_000 + b"Z,end\n")
    assert time.process_time() - began < 5
    assert len(results) == len({str(result) for result in results})


def test_text_from_all_over_the_world_comes_back():
    titles = [
        "שלום עולם",
        "مرحبا بالعالم",
        "\u202eevil",
        "👩‍👩‍👧 🏳️‍🌈",
        "Z͑ͫ̓ͪ̂ͫ̽͏̴̙a",
        "नमस्ते",
        "ไทย",
        "\U0010ffff",
        "İstanbul",
        "ǅ",
    ]
    records = [{"title": title, "plot": f"{title}\n {title}"} for title in titles]
    for raw in (json.dumps(records).encode(), "\n".join(map(json.dumps, records)).encode("utf-16")):
        movies = films(raw)
        assert [movie.plot for movie in movies] == [record["plot"] for record in records]
        assert len({movie.id for movie in movies}) == len(titles)


def test_a_lone_surrogate_in_utf_16_costs_one_line():
    text = GOOD.decode() + GOOD.decode().replace("Ran", "R\ud800n") + GOOD.decode().replace("Ran", "Kes")
    results = films(("\ufeff" + text).encode("utf-16-be", "surrogatepass"))
    assert results[1] == Rejected("stdin:2", "", "isn't UTF-8 text (byte 0xed): save the file as UTF-8")
    assert results[2].title == "Kes"
    odd = films(("\ufeff" + text).encode("utf-16-be", "surrogatepass")[:-1])
    assert isinstance(odd[-1], Rejected)


def test_a_stream_that_fails_gives_what_it_had():
    class Failing(io.RawIOBase):
        reads = 0

        def readable(self):
            return True

        def readinto(self, buffer):
            self.reads += 1
            if self.reads > 2:
                raise OSError(5, "Input/output error")
            buffer[: len(GOOD)] = GOOD
            return len(GOOD)

    assert [str(result) for result in read("-", stdin=io.BufferedReader(Failing()))][1:] == [
        "stdin:2: the same film stands in line 1",
        "stdin:3: can't be read any further: Input/output error",
    ]


def wellformed(raw):
    """Read bytes; whatever they are, what comes out can be stored, shown and written."""
    try:
        results = films(raw)
    except SourceError as error:
        assert str(error).isprintable()
        return []
    movies = [result for result in results if isinstance(result, Movie)]
    assert len({movie.id for movie in movies}) == len(movies)
    for movie in movies:
        assert movie.title and movie.plot and 0 < len(movie.id.encode()) <= 128
        assert movie.year is None or 1870 <= movie.year <= 2100
        json.dumps(
            [movie.title, movie.plot, movie.genres, movie.url, movie.extra], ensure_ascii=False, allow_nan=False
        ).encode()
    for result in results:
        assert isinstance(result, Movie) or (result.place.startswith("stdin:") and str(result).isprintable())
    return results


STARTS = [
    b"",
    b"[",
    b"{",
    b"title,plot\n",
    b"title;overview\n",
    b"\xff\xfe",
    b"\xfe\xff",
    b"\xef\xbb\xbf",
    b"\x1f\x8b\x08\0",
]
STARTS += [
    b'{"title": "A", "plot": "x"}\n',
    b'[{"title": "A", "plot": "x"},',
    b'{\n"title": "A",',
    b"Title\tPlot\tYear\tId\n",
]
BITS = st.sampled_from(
    [b'"', b"\n", b"\r\n", b"\r", b",", b";", b"\t", b"{", b"}", b"[", b"]", b":", b"\\", b"\0", b" ", b"NaN", b"1e999"]
    + [b'"title"', b'"plot"', b'"year"', b'"id"', b'"genres"', b"1994", b'"\\ud800"', b"\xed\xa0\x80", b"x", b"null"]
    + [b'"title": "B", "plot": "y"}', b'{"title": "C", "plot": "z"}\n', b'"A","b"\n']
)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(STARTS), st.lists(BITS | st.binary(max_size=20), max_size=30).map(b"".join), st.booleans())
def test_no_bytes_raise_anything_but_a_source_error(start, rest, packed):
    wellformed(gzip.compress(start + rest) if packed else start + rest)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 300), st.integers(0, 255))
def test_no_damage_to_a_gzip_raises_anything_but_a_source_error(data, index, byte):
    packed = bytearray(gzip.compress(GOOD + data, mtime=0))
    packed[index % len(packed)] = byte
    wellformed(bytes(packed))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    ["id", "title", "plot", "overview", "year", "release_date", "genres", "Genre", "url", "Wiki Page", "x"]
)


@pytest.mark.integration
@settings(max_examples=100, deadline=None)
@given(st.lists(st.dictionaries(NAMES, JSON | st.just("The End")), min_size=1, max_size=5), st.sampled_from([None, 1]))
def test_no_json_raises_anything_but_a_source_error(records, indent):
    as_list = wellformed(json.dumps(records, indent=indent).encode())
    as_lines = wellformed("\n".join(map(json.dumps, records)).encode())
    assert len(as_list) == len(as_lines) == len(records)
    assert [record for record in as_list if isinstance(record, Movie)] == [r for r in as_lines if isinstance(r, Movie)]


def clean(text):
    return " ".join(text.split())


def is_plot(text):
    return bool(text) and not is_no_plot(text)


def is_title(text):
    return not is_no_title(text)


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20)
NAME = st.text(st.characters(codec="utf-8", categories=["Lu", "Ll", "Lo", "Nd", "Po", "So"]), min_size=1, max_size=20)
NFC = NAME.map(lambda text: unicodedata.normalize("NFC", text))
SAID = TEXT.filter(lambda text: not is_written_by_a_program(text))
VALUE = st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | SAID
FILM = st.builds(
    Movie,
    id=NFC.filter(lambda text: not is_nothing(text)),
    title=NFC.filter(is_title),
    plot=st.lists(NAME | st.sampled_from(["\n", " ", "\t", "  "]), min_size=1)
    .map("".join)
    .map(str.strip)
    .filter(is_plot),
    year=st.none() | st.integers(1870, 2100),
    genres=st.lists(NFC.filter(lambda text: not is_no_genre(text)), max_size=3, unique_by=str.casefold).map(tuple),
    url=st.none() | NAME.filter(lambda text: not is_nothing(text)),
    extra=st.dictionaries(TEXT.map("x-".__add__), VALUE | st.lists(VALUE | st.none(), max_size=3), max_size=3),
)


def record_of(movie):
    fields = {name: getattr(movie, name) for name in ("id", "title", "plot", "year", "genres", "url")}
    return fields | dict(movie.extra)


@pytest.mark.integration
@settings(max_examples=80, deadline=None)
@given(
    st.lists(FILM, min_size=1, max_size=6, unique_by=lambda movie: movie.id),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_films_written_as_json_come_back_equal(movies, encoding):
    records = [record_of(movie) for movie in movies]
    for ascii_only in (True, False):
        text = "\n".join(json.dumps(record, ensure_ascii=ascii_only) for record in records)
        assert films(text.encode(encoding)) == movies
        assert films(json.dumps(records, ensure_ascii=ascii_only, indent=ascii_only or None).encode(encoding)) == movies


@pytest.mark.integration
@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            NFC.filter(is_title),
            NFC.filter(is_plot),
            st.sampled_from([None, 1999, 2049]),
            st.sampled_from(["", "https://a", "https://b"]),
        ),
        min_size=1,
    )
)
def test_distinct_films_have_distinct_ids_the_same_in_every_run(facts):
    records = [{"title": t, "plot": p, "year": y, "url": u} for t, p, y, u in facts]
    raw = "\n".join(map(json.dumps, records)).encode()
    results = films(raw)
    assert results == films(raw)
    movies = [result for result in results if isinstance(result, Movie)]
    assert len({movie.id for movie in movies}) == len(movies)
    distinct = {(clean(t), p.strip(), y, u) for t, p, y, u in facts}
    assert len(movies) == len(distinct)
    assert all(result.duplicate for result in results if isinstance(result, Rejected))
