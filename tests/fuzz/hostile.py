"""Hostile input beyond the files that `readers` feeds: backups, a server's answers, NFO files, dumps, questions.

    pip install atheris
    python tests/fuzz/hostile.py backup -max_total_time=300            one of TARGETS, then options of libFuzzer
    python tests/fuzz/hostile.py backup corpus -max_total_time=300     keeps what it finds interesting in a folder

Anything but a `MovieSearchError` in words, or a result that can be used, is a fault; so is a question, an NFO file or
an article that takes more than 50 ms a kilobyte. `test_hostile.py` runs the seeds of each target, and changes of them
by chance.
"""

import atexit
import functools
import hashlib
import io
import itertools
import json
import shutil
import sys
import tempfile
import time
import zipfile
from contextlib import nullcontext
from pathlib import Path

import httpx
import numpy as np
from mwparserfromhell.parser import ParserError

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.hash_encoder import HashEncoder  # noqa: E402

if __name__ == "__main__":
    import atheris

    instrumented = atheris.instrument_imports(include=["moviesearch"])
else:
    instrumented = nullcontext()

with instrumented:
    from moviesearch import Movie, MovieSearch
    from moviesearch.collection import backup as backups
    from moviesearch.embedding.passages import PassageSetting
    from moviesearch.errors import MovieSearchError
    from moviesearch.retrieval import queries
    from moviesearch.sources.nfo import read_nfo
    from moviesearch.sources.wikipedia.article.infobox import Site, film_record, film_year
    from moviesearch.sources.wikipedia.article.languages import WORDS
    from moviesearch.sources.wikipedia.dump.part import article
    from moviesearch.sources.wikipedia.dump.xml_pages import Chunk, pages
    from moviesearch.storage.chroma_client import translated
    from moviesearch.storage.server.address import Server
    from moviesearch.storage.server.http_client import HttpClient
    from moviesearch.storage.server.rows import ServerStore

FOLDER = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
FILMS = [Movie("one", "The Sailor", "A sailor loses a letter.", 1950, ("Drama",)), Movie("two", "Snow", "It snows.")]

SITES = [Site(f"{language}wiki", f"https://{language}.wikipedia.org/wiki/") for language in WORDS]

_members: dict[str, bytes] = {}


def _made():
    """The members of a sound backup."""
    if not _members:
        with MovieSearch(FOLDER / "store", encoder=HashEncoder(dimension=8)) as search:
            search.ingest(FILMS, setting=PassageSetting(window=32, size=24, overlap=6))
            search.backup(FOLDER / "sound.zip")
        with zipfile.ZipFile(FOLDER / "sound.zip") as sound:
            _members.update({name: sound.read(name) for name in sound.namelist()})
    return _members


def backup(data):
    """The first byte says what the rest is: the whole file, or a member, whose checksum is mended."""
    members = dict(_made())
    path = FOLDER / "input.zip"
    names = [None, *sorted(members)]
    name = names[data[0] % len(names)] if data else None
    if name is None:
        path.write_bytes(data[1:])
    else:
        members[name] = data[1:]
        if name != "manifest.json":
            head = json.loads(members["manifest.json"])
            head["sha256"][name] = hashlib.sha256(data[1:]).hexdigest()
            members["manifest.json"] = json.dumps(head).encode()
        packed = io.BytesIO()  # in a file it takes longer
        with zipfile.ZipFile(packed, "w") as out:
            for member, content in members.items():
                out.writestr(member, content)
        path.write_bytes(packed.getbuffer())
    with backups.opened(path) as opened:
        manifest = opened.manifest()
        for row in opened.rows(list(opened.fingerprints())):
            assert row.whole.shape == (manifest.dimension,) and row.vectors.shape[1] == manifest.dimension
            assert np.isfinite(row.whole).all() and np.isfinite(row.vectors).all()
            assert 0 <= row.entry.seq < 2**63 and all(isinstance(text, str) for text in row.passages)
            json.dumps(row.entry.movie.plot, ensure_ascii=False).encode()


class _Answers(httpx.BaseTransport):
    """A server that answers a line of the input to each request; the first byte of a line is the status."""

    def __init__(self):
        self.lines = []

    def handle_request(self, request):
        line = self.lines.pop(0) if self.lines else b"\x00null"
        status = (200, 200, 200, 200, 404, 500, 429, 302, 503)[line[0] % 9] if line else 200
        return httpx.Response(status, content=line[1:])


@functools.cache
def _client():
    """A client, and the server that it asks. It keeps nothing of an answer, and takes long to make."""
    client, answers = HttpClient.__new__(HttpClient), _Answers()
    api_class = HttpClient.__init__.__globals__["_Api"]
    client._api = api_class(Server("http://x:1", "http://x:1"), None, None, 5.0)
    client._database = {"tenant": "t", "database": "d"}
    client._api._session.close()
    client._api._session = httpx.Client(transport=answers)
    return client, answers


def server(data):
    """Lines are the answers to what a client asks for, one after the other."""
    client, answers = _client()
    answers.lines = data.split(b"\n")
    client._api.check()
    store = ServerStore(client, "films", "x", Server("x", "http://x").quotas, lambda ids: dict.fromkeys(ids, 3))
    with translated("x"):
        store.manifest()
    store.counts()
    store.nearest("passages", np.ones(4, np.float32), 3)
    store.vectors("passages", ["one#0"])
    list(store.entries())
    store.texts(["one#0"])


def nfo(data):
    found = read_nfo(data)
    assert all(isinstance(name, str) for name in found.values)
    json.dumps(found.values, ensure_ascii=False, allow_nan=False).encode()


def dump(data):
    for page in pages([Chunk(data[:50], True, 50), Chunk(data[50:], True, len(data))], "input"):
        try:
            article(page)
        except ValueError:
            continue


def wikitext(data):
    """An article's text, after a byte that chooses the wiki: a film, or why it is none, or a fault that is noted."""
    site, text = SITES[data[0] % len(SITES)] if data else SITES[0], data[1:].decode("utf-8", "replace")
    try:
        record, reason = film_record("The Film (1999 film)", 1, 2, text, site)
        film_year(text, site.words)
    except (ValueError, RecursionError, ParserError):
        return
    assert bool(record) != bool(reason)
    json.dumps(record, ensure_ascii=False, allow_nan=False).encode()


def question(data):
    text = data.decode("utf-8", "replace")
    queries.clean(text)
    queries.clean(text, lambda title: {})
    queries.clean(text, lambda title: {"x": 1999})


TARGETS = {target.__name__: target for target in (backup, server, nfo, dump, wikitext, question)}

_MODEL = {
    "id": "0" * 8 + "-0000-4000-8000-" + "0" * 12,
    "name": "films",
    "configuration_json": {"hnsw": {"space": "cosine"}},
    "metadata": {"model": "m", "location": "l", "digest": "d", "dimension": 4, "window": 1, "size": 1, "overlap": 0},
    "dimension": 4,
    "tenant": "t",
    "database": "d",
    "version": 0,
    "log_position": 0,
}
_MODEL["metadata"]["format"] = 1
_ROW = {"title": "T", "year": 1, "seq": 0, "hash": "h", "passages": 1, "record": '{"genres": [], "extra": {}}'}
LIES = (10**15, 2**70, -1, 1.5, True, "x", "", None)
"""What numbers of a server's row may not be."""
_ANSWERS = [
    "1.5.9",
    {"name": "d"},
    _MODEL,
    _MODEL,
    2,
    1,
    {"ids": [["one#0"]], "distances": [[0.25]], "include": ["distances"]},
    {"ids": ["one#0"], "embeddings": [[0.5, 0.5, 0.5, 0.5]], "include": ["embeddings"]},
    {"ids": ["one"], "metadatas": [_ROW], "documents": ["P."], "include": ["metadatas", "documents"]},
    {"ids": ["one#0"], "documents": ["P."], "include": ["documents"]},
]
_PAGE = (
    b"<page><title>Film</title><ns>0</ns><id>7</id><revision><id>8</id><timestamp>2020-01-01T00:00:00Z</timestamp>"
    b"<text>'''Film''' is a film.\n==Plot==\nA man.</text></revision></page>"
)
_NFO = (
    b'<?xml version="1.0"?>\n<movie><title>T &amp; U</title><year>1999</year><plot>A &lt;b&gt;man.</plot>'
    b'<runtime>PT1H2M</runtime><actor><name>A B</name></actor><uniqueid type="imdb">tt0012345</uniqueid>'
    b"<genre>Drama / War</genre><playcount>1</playcount><rating>7,5</rating></movie>\nhttps://www.imdb.com/title/tt0012345/"
)
_ARTICLE = """{{Short description|x}}
{{Infobox film
| name = The Film
| director = {{ubl|[[A B]]|C D}}
| country = France<br>Italy
| released = {{Film date|1999|5|6}}
| language = English}}
'''The Film''' is a 1999 [[drama film]].<ref>x</ref>
== Plot ==
{{main|x}}
A man&nbsp;goes [[home|away]]. <!-- x --> {{convert|5|km|mi}} He sleeps.
{| class=x
|-
| y
|}
== Cast ==
* A B
{{IMDb title|0012345}}
[[Category:1999 drama films]]
[[Category:French films]]
"""
MARKS = (
    "{{", "{{a|", "[[", "[[a|", "{|\n", "\n|-\n|", "<ref>", "<a ", "<a b='", "<!--", "'''", "=", "\n== Plot ==\n",
    "{{{a|", "}}", "]]", "&#", ": ", "{{a|<b>", "[[a|{{b|", "[http://a ",
)  # fmt: skip
PIECES = [
    "not ", "I don't ", "no ", "isn't the one ", "not from the 90s, ", "(", "((", "[1999] ", "similar to The ", "A.B. ",
    "John Smith ", "thank you ", "sorry about ", "as a kid ", "1990s ", "19", "years ago ", "when i was a ", "like ",
    "starring ", "with no ", "nor ", " ", "\n", "\t ", "a", "é", "\u0301", "-", "'", '"', ",", "., ", "!?", "&amp;",
    "http://", "directed by ", "not the ", "The ", "in the ",
    "of ", "German ", "black and white ", "mid to late ", "early ", "0",
    "any ", "english isn't my ", "all help ", "about a about like ",
    "my vague memory of ", "reminds me of ", "x (1999), ",
    "and ", "the original ", "remake of the ", "80s ", "2013 ", "i think it's ", "I don't think it is ",
]  # fmt: skip


def seeds():
    """(target, input): sound ones, and what a fuzzer would take long to find."""
    names = [None, *sorted(_made())]
    yield backup, b"\x00" + (FOLDER / "sound.zip").read_bytes()
    yield from ((backup, bytes([number]) + _made()[name]) for number, name in enumerate(names) if name)
    manifest, films = names.index("manifest.json"), names.index("films-00000.jsonl")
    yield backup, bytes([manifest]) + b"[" * 3000
    yield backup, bytes([films]) + b'{"a":' * 3000
    for number in ("1e400", "9" * 30, "-1", "NaN", '"x"', "9" * 5000):
        yield backup, bytes([films]) + _made()["films-00000.jsonl"].replace(b'"seq": 0', b'"seq": ' + number.encode())
    for shape in ("(2000000000000, 8)", "(2, 9223372036854775807)", "(-1, 8)", "(2, 8, 1)", "(2,) * 9999"):
        lie = _made()["films-00000.npy"].replace(b"(2, 8), }" + b" " * 20, f"{shape}, }}".encode().ljust(29))
        yield backup, bytes([names.index("films-00000.npy")]) + lie
    nothing = np.full((2, 8), np.nan, np.float32)
    yield backup, bytes([names.index("films-00000.npy")]) + backups._npy(nothing, np.float32)
    yield backup, bytes([names.index("films-00000.npy")]) + backups._npy(nothing[:, :3], np.float32)
    yield backup, b"\x00" + _bomb()
    answers = [b"\x00" + json.dumps(answer).encode() for answer in _ANSWERS]
    yield server, b"\n".join(answers)
    yield from ((server, b'\x00"' + version + b'"') for version in (b"2\x7f.9", b"9" * 9000))
    for at in range(len(answers)):
        for odd in (
            b"null",
            b"[]",
            b"{}",
            b'"x"',
            b"-1",
            b"1e999",
            b"[" * 3000,
            b'{"ids": [[null]], "distances": null}',
        ):
            yield server, b"\n".join([*answers[:at], b"\x00" + odd, *answers[at + 1 :]])
        for status in range(4, 9):
            error = bytes([status]) + b'{"error": "InternalError", "message": "\\u001b[31m\\n"}'
            yield server, b"\n".join([*answers[:at], error, *answers[at + 1 :]])
    for name, lie in itertools.product(("more", "plot", "passages", "seq", "stamp", "hash", "record"), LIES):
        further = {"more": 1, "key": "k", "plot": 0} if name in ("more", "plot") else {}
        rows = {**_ANSWERS[-2], "metadatas": [{**_ROW, **further, name: lie}]}
        more = [_MODEL, {"ids": ["k+0"], "documents": ["P."], "include": ["documents"]}] if further else []
        lying = [b"\x00" + json.dumps(answer).encode() for answer in (rows, *more)]
        yield server, b"\n".join([*answers[:-2], *lying, answers[-1]])
    yield nfo, _NFO
    yield nfo, b"<movie>" + b"<a>" * 5000
    yield nfo, b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><movie><title>&b;</title></movie>'
    yield nfo, b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><movie><title>&x;</title></movie>'
    yield dump, b"<mediawiki>" + _PAGE * 2 + b"</mediawiki>"
    yield dump, _PAGE.replace(b"A man.", b"&#0;&x;<b>")
    yield dump, b"<page>" + b"<id>" * 3000 + b"</page>"
    yield from ((wikitext, bytes([number]) + _ARTICLE.encode()) for number in range(len(SITES)))
    for mark in MARKS:
        yield wikitext, b"\x00" + _ARTICLE.replace("A man", mark * (4000 // len(mark))).encode()
        yield wikitext, b"\x00" + _ARTICLE.replace("The Film\n", mark * (4000 // len(mark)), 1).encode()
    yield from ((question, (piece * (4000 // len(piece))).encode()) for piece in PIECES)
    yield from (
        (question, ((first + second) * (4000 // len(first + second))).encode()) for first in PIECES for second in PIECES
    )


def _bomb():
    """A zip whose one member unpacks to 128 MB."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bomb,
        bomb.open("manifest.json", "w", force_zip64=True) as member,
    ):
        for _ in range(128):
            member.write(bytes(1 << 20))
    return out.getvalue()


def try_one(target, data):
    """Raises AssertionError where an input does harm."""
    began = time.thread_time()
    try:
        target(data)
    except MovieSearchError as error:
        message = str(error)
        assert message and len(message) < 5000 and message.replace("\n", "").isprintable(), repr(message[:500])
    if target in (question, nfo, wikitext):
        seconds = time.thread_time() - began
        assert seconds < max(0.5, 0.05 * len(data) / 1000), f"{seconds:.1f} s for {len(data)} bytes"


def main():
    target = TARGETS[sys.argv[1]]
    inputs = [name for name in sys.argv[2:] if not name.startswith("-")] or [tempfile.mkdtemp()]
    if not Path(inputs[0]).is_file():
        Path(inputs[0]).mkdir(parents=True, exist_ok=True)
        for number, (of, data) in enumerate(seeds()):
            if of is target and len(data) < 20_000:
                (Path(inputs[0]) / f"seed-{number}").write_bytes(data)
    options = [name for name in sys.argv[2:] if name.startswith("-")]
    limits = ["-timeout=10", "-rss_limit_mb=2048", "-max_len=20000"]
    atheris.Setup([sys.argv[0], *limits, *options, *inputs], lambda data: try_one(target, data))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
