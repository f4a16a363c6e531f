"""A question asked back through the API and by assistants: in the answer, and replied to in the next request."""

import pytest
from starlette.testclient import TestClient
from support.hash_encoder import HashEncoder

from moviesearch import Movie, MovieSearch
from moviesearch.web.app import create_app

PLOT = "A keeper of bees walks along a road."
FILMS = [
    Movie(
        f"{number}", f"Film {number}", f"{PLOT} {'He boards a ship' if number < 10 else 'He meets a man'}.", year=1995
    )
    for number in range(20)
]


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with MovieSearch(tmp_path_factory.mktemp("asking"), encoder=HashEncoder()) as search:
        search.ingest(FILMS)
        with TestClient(create_app(search)) as client:
            yield client


def asked(client, **members):
    response = client.post("/api/search", json={"plot": ["a keeper of bees on a road"], "ask": True, **members})
    assert response.status_code == 200, response.text
    return response.json()


def test_the_answer_has_the_question(client):
    assert asked(client)["question"] == {"key": "word:ship", "text": "Is there a ship in it?"}
    assert "question" not in asked(client, ask=False)


@pytest.mark.parametrize(("said", "first"), [("yes", range(10)), ("no", range(10, 20))])
def test_a_reply_weighs(client, said, first):
    answer = asked(client, replies=[f"word:ship={said}"])
    assert {int(film["id"]) for film in answer["results"]} == set(first)
    assert "question" not in answer


def test_replies_stand_in_an_address(client):
    found = client.get("/api/search", params={"plot": "a keeper of bees on a road", "replies": ["word:ship=no"]})
    assert found.json()["results"][0]["id"] not in {f"{number}" for number in range(10)}


@pytest.mark.parametrize("reply", ["word:ship", "word:ship=perhaps", "word:nothing=yes", "=yes"])
def test_what_is_no_reply_is_refused(client, reply):
    response = client.post("/api/search", json={"plot": ["a keeper of bees on a road"], "replies": [reply]})
    assert response.status_code == 400, response.text
    assert "reply" in response.json()["detail"]


def test_an_assistant_passes_questions_and_replies_on(tmp_path):
    mcp = pytest.importorskip("mcp")
    import asyncio

    from moviesearch.web.mcp import create_server

    async def calls(search):
        async with mcp.Client(create_server(search)) as client:
            words = {"plots": ["a keeper of bees on a road"]}
            first = await client.call_tool("find_films", words)
            reply = f"{first.structured_content['question']['key']}=no"
            return first.structured_content, (
                await client.call_tool("find_films", {**words, "replies": [reply]})
            ).structured_content

    with MovieSearch(tmp_path, encoder=HashEncoder()) as search:
        search.ingest(FILMS)
        first, second = asyncio.run(calls(search))
    assert first["question"]["text"] == "Is there a ship in it?"
    assert {int(film["id"]) for film in second["films"]} == set(range(10, 20))
    assert second["question"] is None
