"""Coverage-guided fuzzing of everything that reads a person's files: any bytes end in records or in a clear error.

    pip install atheris
    python tests/fuzz/readers.py -max_total_time=300                 options are libFuzzer's
    python tests/fuzz/readers.py corpus -max_total_time=300          keeps what it finds interesting in a folder
    python tests/fuzz/readers.py crash-0123abcd                      one input again

The first byte of an input chooses the reader. Anything but a `MovieSearchError` that names its fix, a record that
can't be stored, more than 10 seconds or 1 GB is a fault.
"""

import gzip
import io
import json
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["moviesearch"]):
    from moviesearch.cli import evaluate
    from moviesearch.errors import MovieSearchError
    from moviesearch.records import Movie, Rejected
    from moviesearch.retrieval import evaluation
    from moviesearch.sources import read
    from moviesearch.sources.seen_list import read_seen

FOLDER = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
LINE = b'{"id": "a", "title": "T", "plot": "P. Q.", "year": 1999, "genres": ["Drama"], "url": "http://x", "n": [1.5]}'


def source(data):
    seen = set()
    for record in read("-", stdin=io.BytesIO(data), on_note=judge_note):
        judge(record, seen)


def packed(data):
    source(gzip.compress(data, 1))


def corpus(data):
    """The folder of the CMU corpus: its two files stand one after the other."""
    folder = FOLDER / "cmu"
    folder.mkdir(exist_ok=True)
    plots, _, metadata = data.partition(b"\n\n\n")
    (folder / "plot_summaries.txt").write_bytes(plots)
    (folder / "movie.metadata.tsv").write_bytes(metadata)
    seen = set()
    for record in read(folder, on_note=judge_note):
        judge(record, seen)


def nfo_file(data):
    """A folder with one NFO file."""
    folder = FOLDER / "films"
    folder.mkdir(exist_ok=True)
    (folder / "movie.nfo").write_bytes(data)
    seen = set()
    for record in read(folder, on_note=judge_note):
        judge(record, seen)


def judge(record, seen):
    """A film can be stored; a rejected record can be shown on one line of a terminal."""
    if isinstance(record, Movie):
        assert record.id and record.title and record.plot and record.id not in seen
        assert len(record.id.encode()) <= 128 and (record.year is None or 1870 <= record.year <= 2100)
        seen.add(record.id)
        json.dumps(dict(record.extra), allow_nan=False, ensure_ascii=False).encode()
        "".join((record.title, record.plot, *record.genres, record.url or "")).encode()
    else:
        assert isinstance(record, Rejected) and record.reason and str(record).isprintable()


def judge_note(note):
    assert note.reason and str(note).isprintable()


def by_file(reader):
    def work(data):
        path = FOLDER / "input"
        path.write_bytes(data)
        reader(path)

    return work


READERS = [
    source,
    packed,
    corpus,
    by_file(read_seen),
    by_file(evaluation.read_queries),
    by_file(evaluation.load),
    by_file(evaluate._read_ids),
    nfo_file,
]
JUDGED = b'{"query": "words", "relevant": ["a"]}\n{"id": "a", "relevant": {"b": 0.5}}\n'
QUERIES = [{"query": "words", "relevant": ["a"], "ranked": ["a", "b"]}]
SAVED = json.dumps({"about": {}, "metrics": {}, "latency_ms": {"p50": 1.0, "p95": 2.0}, "queries": QUERIES}).encode()
CMU = b'12\tA plot.\n\n\n12\t/m/1\tTitle\t1999-01-02\t\t98.0\t{"/m/a": "English"}\t{}\t{"/m/b": "Drama"}\n'
CSV = b'Release Year,Title,Genre,Wiki Page,Plot\n1999,"A, B",drama,http://x,"A ""plot""[1]\nin lines"\n'
NFO = (
    b"\xef\xbb\xbf<?xml version='1.0' encoding='utf-8'?>\n<movie><title>T &eacute; & U</title><plot>P <3</plot>"
    b"<year>1999</year><runtime>1h 2m</runtime><ratings><rating max='10'><value>7,5</value></rating></ratings>"
    b"<uniqueid type='imdb'>tt0012345</uniqueid><id TMDB='7'>x</id><set><name>S</name></set><playcount>1</playcount>"
    b"<country>US / Korea, Republic of</country><director>A, B Jr.</director><actor><name>N</name></actor>"
    b"</movie>\nhttps://www.themoviedb.org/movie/7\n"
)
SEEDS = [
    (0, LINE + b"\n" + LINE.replace(b'"a"', b'"b"')),
    (0, b"[" + LINE + b",\n" + LINE + b"]"),
    (0, LINE.replace(b", ", b",\n")),
    (0, CSV),
    (0, CSV.replace(b",", b";")),
    (0, CSV.decode().encode("utf-16")),
    (0, b"id\ttitle\toverview\trelease_date\tgenres\n1\tT\tP\t1999-05-06\t[{'id': 1, 'name': 'Drama'}]\n"),
    (0, b'{"page": 1, "results": [' + LINE + b"]}"),
    (0, b'{"tt1": ' + LINE + b"}"),
    (0, b'{"title": {"0": "T"}, "plot": {"0": "P."}}'),
    (0, b'{"columns": ["title", "plot"], "data": [["T", "P."]]}'),
    (0, b"sep=;\nTitle;Plot\nT;P.\n\xef\xbb\xbfTitle;Plot\nU;N/A\n"),
    (1, LINE),
    (1, CSV),
    (2, CMU),
    (3, b"Date,Name,Year\n2020-01-02,Alien,1979\n"),
    (3, b"Alien (1979)\nHeat\n"),
    (3, b'[{"movie": {"title": "Heat", "year": 1995}}, {"show": {"title": "T"}}]'),
    (3, b"Letterboxd list export v7\nDate,Name,Tags,URL,Description\na,b,,,\n\nPosition,Name,Year\n1,Heat,1995\n"),
    (3, "1. **Heat** (Mann, 1995) ★★★½ # x\n- [x] [Ran](https://x), 1985\n* REC 2007\n".encode()),
    (3, "sep=;\nFilm;Jahr\nÉté;1999\n".encode("utf-16")),
    (4, JUDGED),
    (5, SAVED),
    (6, b'["a", "b"]'),
    (7, NFO),
    (7, NFO.decode().encode("utf-16")),
    (7, b"https://www.imdb.com/title/tt0012345/\n"),
    # what the fuzzer would take long to find
    (3, b"Name,Year\nA," + b"9" * 5000),
    (3, b'Name,Year\n"' + b"x" * 140_000 + b'",1999\n'),
    (3, "Ａlien (１９７９)\n\u2028(2000)".encode()),
    *((reader, b"[" * 3000) for reader in (0, 4, 5, 6)),
    *((reader, b'{"a":' * 3000) for reader in (0, 4, 5, 6)),
    *((reader, LINE.replace(b"1999", b"9" * 5000)) for reader in (0, 4, 5)),
    (4, JUDGED.replace(b'"b"', b'"\\u001b[31m\\ud800"')),
    (4, JUDGED.replace(b"0.5", b"1" + b"0" * 400)),
    (5, SAVED.replace(b"1.0", b"NaN").replace(b'"a"', b'"\\ud800"')),
    (6, b'["\\ud800"]'),
    (0, LINE.replace(b"P. Q.", b"\\ud800")),
]


def one_input(data):
    if data:
        try:
            READERS[data[0] % len(READERS)](data[1:])
        except MovieSearchError as error:
            message = str(error)
            assert message and message.replace("\n", "").isprintable() and len(message) < 5000, repr(message)


def main():
    options = [name for name in sys.argv[1:] if name.startswith("-")]
    inputs = [name for name in sys.argv[1:] if not name.startswith("-")] or [tempfile.mkdtemp()]
    if not Path(inputs[0]).is_file():
        Path(inputs[0]).mkdir(parents=True, exist_ok=True)
        for number, (reader, data) in enumerate(SEEDS):
            (Path(inputs[0]) / f"seed-{number}").write_bytes(bytes([reader]) + data)
    limits = ["-timeout=10", "-rss_limit_mb=1024", "-max_len=200000"]
    atheris.Setup([sys.argv[0], *limits, *options, *inputs], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
