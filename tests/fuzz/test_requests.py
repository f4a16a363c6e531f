"""Random requests in any order, hostile ones among them: each is answered in the documented shape, and marks stay.

One server in this process, its films coming and going meanwhile. FUZZ_HISTORIES says how many histories there are (12),
FUZZ_STEPS how long each may be (30), FUZZ_SEED which they are. One that fails is made as short as it can be. What a
single request may be is in `test_schema`; here one request follows from the answers to others.
"""

import json
import os
import random
import re
import time
from collections import Counter, defaultdict
from dataclasses import replace
from urllib.parse import quote, urlencode

import pytest
from hostile import PIECES
from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from starlette.testclient import TestClient
from support.hash_encoder import SETTING, HashEncoder
from support.paths import ROOT
from support.web_films import FILMS as ODD_FILMS

from moviesearch import Movie, MovieSearch
from moviesearch.web.api import schemas, seen
from moviesearch.web.app import create_app

pytestmark = pytest.mark.slow

HISTORIES = int(os.environ.get("FUZZ_HISTORIES") or 12)
STEPS = int(os.environ.get("FUZZ_STEPS") or 30)
SEED = int(os.environ.get("FUZZ_SEED") or 0)

OURS = "http://127.0.0.1:8765"
CODES = set(re.findall(r"^\| \d{3} \| `([a-z-]+)` \|", (ROOT / "docs" / "api.md").read_text(encoding="utf-8"), re.M))

_SHIP, _MAN = "He boards a ship.", "He meets a man."
FILMS = [
    *ODD_FILMS,
    *(
        Movie(
            f"bees-{number}",
            f"Bees {number}",
            f"A keeper of bees walks along a road. {_SHIP if number % 2 else _MAN}",
            1990 + number,
            ("Drama",) if number % 3 else ("Horror", "War"),
            None,
            {"director": "Bo Li", "cast": ["Cy Dow"], "country": "Japan", "language": "ja", "runtime": 90 + number},
        )
        for number in range(12)
    ),
    Movie("watched", "The Umbrella", "A keeper of umbrellas loses one.", 2011, ("Drama",), None, {"watched": True}),
]
BY_ID = {film.id: film for film in FILMS}
LEAVING = [film.id for film in FILMS if film.id.startswith(("bees", "twin", "a/b"))]

_MARKUP = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "'; DROP TABLE films; --", "{{7*7}}", "%00")


class Long(str):
    """A text that shows what it repeats."""

    def __new__(cls, part, length):
        text = super().__new__(cls, part * (length // len(part)))
        text.part = part
        return text

    def __repr__(self):
        return f"Long({self.part!r}, {len(self)})"


def _hostile(chance):
    """Texts that nobody expects: they are drawn as one, since Hypothesis ends a history of very many choices early."""
    yield from (*_MARKUP, "", " ", "\0", "\ud800", "\u202e", "-1", "1e999", "NaN")
    yield from (Long("x", 501), Long("a", 60_001), Long("a b", 59_999))
    for _ in range(300):
        few = [chance.choice((*PIECES, *PIECES, *_MARKUP)) for _ in range(chance.randint(1, 12))]
        yield "".join(few)
        yield Long("".join(few[:3]), chance.choice((30, 300, 3000, 12_000)))
        yield "".join(chr(chance.choice((chance.randrange(128), chance.randrange(0x110000)))) for _ in range(20))


_POOL = [*_hostile(random.Random(SEED))]
HOSTILE = st.integers(0, len(_POOL) - 1).map(lambda number: _POOL[number])


def mostly(*sound, other=HOSTILE):
    """One of these, and one in four times another."""
    return st.one_of(*[st.sampled_from(sound)] * 3, other)


PLOTS = mostly("a keeper of bees on a road", "a clerk repairs a clock, not a comedy, from the 90s", "a ghost, Bo Li")
IDS = mostly(*BY_ID)
TITLES = mostly(*(f"{film.title} ({film.year})" for film in FILMS), "Twins", "The Lamp", "Lamps and Owls (1931)")
PEOPLE = mostly("", "Anna", "anna ", "ÅSA", "a\u030asa", other=st.one_of(HOSTILE, st.just("x" * 101)))
_FLAG = mostly(True, False)
YEARS = mostly(1990, 1994, 2000, 2010, None, other=st.one_of(HOSTILE, st.integers(-(2**70), 2**70), st.floats()))
PARAMETERS = {
    "plot": PLOTS,
    "id": IDS,
    "like": IDS,
    "unlike": st.one_of(IDS, PLOTS),
    "title": TITLES,
    "seen": TITLES,
    "genre": mostly("Drama", "horror", "scifi"),
    "not_genre": mostly("War", "horror"),
    "director": mostly("li"),
    "cast": mostly("dow"),
    "country": mostly("jp"),
    "language": mostly("japanese"),
    "ignore": mostly("without:not a comedy"),
    "replies": mostly("word:ship=yes", "word:ship=no", "genre:horror=unknown"),
    "reply": mostly("word:ship=yes", "word:man=unknown"),
}
"""Those that may be there several times."""
SINGLE = {
    "year": YEARS,
    "year_from": YEARS,
    "year_to": YEARS,
    "runtime_from": mostly(0, 90, 1990, None),
    "runtime_to": mostly(95, 100_000, None),
    "limit": mostly(1, 3, 100),
    "person": PEOPLE,
    "as": PEOPLE,
    "mode": mostly("hybrid", "dense", "lexical"),
    "intent": mostly("identify", "similar"),
    "measure": mostly("cosine", "dot", "euclidean"),
    **dict.fromkeys(("unseen", "ask", "diverse", "exact", "explain", "rerank"), _FLAG),
}
FOR_PAGES = {"like", "reply", "as"}
FOR_PROGRAMS = {*PARAMETERS, *SINGLE} - FOR_PAGES
ON_PAGES = {*FOR_PAGES, "plot", "unlike", "title", "unseen", "limit", "ignore", "year_from", "year_to", "runtime_from"}


@st.composite
def wishes(draw, names):
    """Parameters of a search by name: most of them sound, some hostile."""
    wished = {}
    for name in draw(st.lists(st.sampled_from(sorted(names)), unique=True, max_size=4)):
        if name in SINGLE:
            wished[name] = draw(SINGLE[name])
        else:
            wished[name] = draw(st.lists(PARAMETERS[name], min_size=1, max_size=2))
    if draw(st.integers(0, 3)):
        wished.setdefault("plot", [draw(PLOTS)])
    return wished


def in_address(wished):
    pairs = [(name, one) for name, value in wished.items() for one in (value if isinstance(value, list) else [value])]
    return urlencode([(name, str(value).encode("utf-8", "surrogatepass")) for name, value in pairs])


class Requests(RuleBasedStateMachine):
    """A client, and what the server must know after its requests so far."""

    server: "Server"

    def __init__(self):
        super().__init__()
        self.server.begin()
        self.marked = defaultdict(dict)  # person -> {film's id: whether they said that they have seen it}
        self.waiting = defaultdict(set)  # person -> (title, year) that no film has
        self.last = None  # (a search's members, the answer)

    # searches

    @rule(wished=wishes(FOR_PROGRAMS), by_address=st.booleans())
    def search(self, wished, by_address):
        self._search(wished, by_address=by_address)

    @rule(wished=wishes({"genre", "year_from", "year_to", "unseen", "seen", "limit"}), person=PEOPLE)
    def search_soundly(self, wished, person):
        """One whose answer must keep to what was wished."""
        person = person if len(person) < 100 and person.isprintable() else ""
        answer = self._search({**wished, "plot": ["a keeper of bees on a road"], "ask": True, "person": person})
        if answer is not None and wished.get("unseen") is True:
            known = self._get_seen(person)
            assert not {film["id"] for film in answer["results"]} & {film["id"] for film in known["films"]}

    @rule(said=st.sampled_from(("yes", "no", "unknown")))
    def reply(self, said):
        """To the question that was asked last, which then isn't asked again."""
        if self.last and (question := self.last[1].get("question")):
            wished, _ = self.last
            replies = [*wished.get("replies", []), f"{question['key']}={said}"]
            if len(replies) <= schemas.MOST_PARTS:
                answer = self._search({**wished, "replies": replies})
                assert answer is not None, f"a reply to {question} is refused"
                assert (answer.get("question") or {}).get("key") != question["key"]

    @rule()
    def ignore(self):
        """A part of the last question, which then is not understood any more."""
        if self.last and self.last[1]["understood"]:
            wished, before = self.last
            key = before["understood"][0]["key"]
            if 0 < len(key) <= 500:
                answer = self._search({**wished, "ignore": [*wished.get("ignore", []), key]})
                assert answer is not None, f"{key!r} can't be ignored"
                assert key not in [part["key"] for part in answer["understood"]]

    def _search(self, wished, by_address=False):
        """The answer, or None where the request was refused."""
        if by_address:
            response = self.server.ask("GET", f"/api/search?{in_address(wished)}")
        else:
            response = self.server.ask("POST", "/api/search", wished)
        if response.status_code != 200:
            return None
        answer = response.json()
        schemas.SearchAnswer.model_validate(answer, strict=True)
        films = [result["id"] for result in answer["results"]]
        assert len(films) == len({*films}) and {*films} <= self.server.present
        assert [result["rank"] for result in answer["results"]] == list(range(1, len(films) + 1))
        if not by_address:
            self._require_kept(wished, films)
            self.last = wished, answer
        return answer

    def _require_kept(self, wished, films):
        assert len(films) <= wished.get("limit", 10)
        assert not {*wished.get("id", [])} & {*films}
        for film in films:
            year = BY_ID[film].year
            assert wished.get("year_from") is None or year >= int(wished["year_from"])
            assert wished.get("year_to") is None or year <= int(wished["year_to"])

    # films and titles

    @rule(film=IDS, wished=wishes({"limit", "genre", "unseen", "person", "diverse", "year_to"}), page=st.booleans())
    def film(self, film, wished, page):
        where = quote(film.encode("utf-8", "surrogatepass"), safe="")
        response = self.server.ask("GET", f"{'' if page else '/api'}/films/{where}")
        if film in self.server.present:
            assert response.status_code == 200
        elif film in BY_ID:
            assert response.status_code == 404
        if response.status_code == 200 and not page:
            assert schemas.Film.model_validate(response.json(), strict=True).id in self.server.present
        similar = self.server.ask("GET", f"/api/films/{where}/similar?{in_address(wished)}")
        if similar.status_code == 200:
            schemas.SearchAnswer.model_validate(similar.json(), strict=True)

    @rule(typed=TITLES, limit=mostly(1, 8, 20))
    def suggest(self, typed, limit):
        for address in (in_address({"q": typed, "limit": limit}), in_address({"q": typed[:200]})):
            response = self.server.ask("GET", f"/api/suggest?{address}")
            if response.status_code == 200:
                titles = schemas.Suggestions.model_validate(response.json(), strict=True).titles
                assert {title.id for title in titles} <= self.server.present

    # pages

    @rule(wished=wishes(ON_PAGES))
    def page(self, wished):
        response = self.server.ask("GET", f"/?{in_address(wished)}")
        assert response.status_code in (200, 303, 400, 404, 414)

    @rule(path=st.sampled_from(("/", "/map", "/sign-in", "/seen", "/api/seen", "/nothing", "/static/")), sent=st.data())
    def anything(self, path, sent):
        """Bytes where a question, a form or JSON should be."""
        method = sent.draw(st.sampled_from(("GET", "GET", "POST", "DELETE", "PUT", "HEAD", "OPTIONS")))
        query = quote(sent.draw(st.binary(max_size=40)), safe="&=%+;[]")
        kind = sent.draw(st.sampled_from(("application/json", "application/x-www-form-urlencoded", "text/plain")))
        body = sent.draw(st.one_of(st.binary(max_size=60), st.sampled_from((b"[" * 3000, b'{"id": ' * 900, b"null"))))
        self.server.ask(method, f"{path}?{query}", body=body, headers={"Content-Type": kind})

    # marks

    @rule(ids=st.lists(IDS, max_size=3), titles=st.lists(TITLES, max_size=2), person=PEOPLE, to=st.booleans())
    def mark(self, ids, titles, person, to):
        """Mark films over the API, or take that back."""
        titles = [title for title in titles if not self._is_away(title)]
        which = {"id": ids, "title": titles, "person": person}
        if to:
            response = self.server.ask("POST", "/api/seen", which)
        else:
            response = self.server.ask("DELETE", f"/api/seen?{in_address(which)}")
        if response.status_code == 200:
            change = seen.Change.model_validate(response.json(), strict=True)
            assert {*ids} <= self.server.present
            name = self._get_seen(person)["person"]
            self.marked[name] |= dict.fromkeys([*ids, *change.id], to)
            (self.waiting[name].update if to else self.waiting[name].difference_update)(
                (title.title, title.year) for title in change.title
            )
            self._require_marks(name)

    @rule(ids=st.lists(IDS, max_size=2), person=PEOPLE, to=st.booleans(), next=HOSTILE, key=st.sampled_from("kkkx"))
    def mark_on_a_page(self, ids, person, to, next, key):
        key = self.server.key if key == "k" else "another"
        form = in_address({"film": ids, "person": person, "seen": "1" if to else "0", "key": key, "next": next})
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        response = self.server.ask("POST", "/seen", body=form.encode(), headers=kind)
        if response.status_code == 303:
            assert key == self.server.key and {*ids} <= self.server.present
            assert re.match(r"/(?![/\\])", response.headers["location"]), "it leads to another site"
            self.marked[self._get_seen(person)["person"]] |= dict.fromkeys(ids, to)

    def _is_away(self, title):
        """Whether it is the title of a film that is away: whether a mark is of it shows only when it comes back."""
        return any(f"{BY_ID[film].title} ({BY_ID[film].year})" == title for film in BY_ID.keys() - self.server.present)

    def _get_seen(self, person):
        response = self.server.ask("GET", f"/api/seen?{in_address({'person': person})}")
        assert response.status_code == 200
        seen.SeenList.model_validate(response.json(), strict=True)
        return response.json()

    def _require_marks(self, person):
        """What was marked is, and nothing else."""
        told = self._get_seen(person)["films"]
        marks = {"watched": True, **self.marked[person]} if person == "" else self.marked[person]
        here = {film for film, is_seen in marks.items() if is_seen and film in self.server.present}
        away = {film for film, is_seen in marks.items() if is_seen and film not in self.server.present}
        right = [(BY_ID[film].title, BY_ID[film].year, film) for film in here]
        right += [(BY_ID[film].title, BY_ID[film].year, None) for film in away]
        right += [(*title, None) for title in self.waiting[person]]
        assert Counter((film["title"], film["year"], film["id"]) for film in told) == Counter(right)

    @invariant()
    def marks_stay(self):
        for person in [*self.marked]:
            self._require_marks(person)

    # films that come and go

    @rule(films=st.sets(st.sampled_from(LEAVING)), change=st.booleans())
    def films_go(self, films, change):
        self.server.store([film for film in BY_ID if film not in films], change)

    def teardown(self):
        self.server.reopen()
        self.marks_stay()


class Server:
    """The app over one store, which is brought back to all films and no marks as a history begins."""

    def __init__(self, folder):
        self.folder, self.asked, self.statuses, self.slowest = folder, 0, Counter(), 0.0
        self._client = self.search = None
        self._films = {}
        self.present = set()
        self.reopen()
        self.store(BY_ID)

    def reopen(self):
        """As a server that is started again."""
        self.close()
        self.search = MovieSearch(self.folder, "films", encoder=HashEncoder())
        app = create_app(self.search)
        self._client = TestClient(app, OURS, follow_redirects=False).__enter__()
        self.key = app.state.pages._environment.globals["form_key"]

    def close(self):
        if self._client:
            self._client.__exit__(None, None, None)
            self.search.close()

    def begin(self):
        self.store(BY_ID)
        for person in {mark.person for mark in self.search._collection.marks.all()}:
            marks = self.search._collection.marks.of(person)
            self.search._collection.marks.change([], marks)

    def store(self, ids, change=False):
        """Have just these films; one of them may be another version."""
        films = {id: BY_ID[id] for id in ids}
        if change:
            films["ghost"] = replace(BY_ID["ghost"], plot=BY_ID["ghost"].plot + " Or was it?")
        if films != self._films:
            self.search.ingest(films.values(), setting=SETTING, prune=lambda count: True)
            self._films, self.present = films, {*films}

    def ask(self, method, address, told=None, *, body=b"", headers=()):
        """The response, which is as documented and took no longer than its question may."""
        headers, address = dict(headers), address[:60_000]  # all that the client sends; it is too long by far
        if told is not None:
            body, headers["Content-Type"] = json.dumps(told).encode(), "application/json"
        began = time.process_time()
        response = self._client.request(method, address, content=body, headers=headers)
        seconds, size = time.process_time() - began, len(address) + len(body)
        self.asked, self.statuses[response.status_code] = self.asked + 1, self.statuses[response.status_code] + 1
        self.slowest = max(self.slowest, seconds / max(1, size / 1000))
        assert seconds < max(1, 0.05 * size / 1000), f"{seconds:.1f} s for {size} bytes"
        assert response.status_code < 500, response.text
        assert "Traceback (most recent" not in response.text
        if address.startswith("/api/") and method != "HEAD" and response.status_code != 200:
            problem = schemas.ProblemDetails.model_validate(response.json(), strict=True)
            assert response.headers["content-type"] == "application/problem+json"
            assert problem.status == response.status_code and problem.code in CODES
        if response.headers.get("content-type", "").startswith("text/html"):
            assert not any(markup in response.text for markup in _MARKUP[:2])
        return response


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("requests"))
    yield server
    server.close()
    print(f"{server.asked} requests: {dict(server.statuses)}, {server.slowest:.3f} s/kB")


def test_requests_in_any_order(server):
    chosen = settings(
        max_examples=HISTORIES,
        stateful_step_count=STEPS,
        deadline=None,
        derandomize=not SEED,
        database=None,
        print_blob=False,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    machine = type("Requests", (Requests,), {"server": server})
    run_state_machine_as_test(seeded(SEED)(machine) if SEED else machine, settings=chosen)
