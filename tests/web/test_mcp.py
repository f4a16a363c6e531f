"""The tools for assistants, through a real client and a real process."""

import asyncio
import os
import shutil
import sys

import pytest

mcp = pytest.importorskip("mcp")

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore::ResourceWarning")]


@pytest.fixture
def ask(bundled_store, model_cache):
    """ask((tool, arguments), ...) -> the results of the calls, in one session; and the tools that there are."""

    async def session(calls, store):
        server = mcp.StdioServerParameters(
            command=sys.executable,
            args=["-m", "moviesearch", "mcp", "--store", str(store)],
            env={"MOVIESEARCH_CACHE": str(model_cache), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        async with mcp.Client(server) as client:
            listing = await client.list_tools()
            return [tool.name for tool in listing.tools], [await client.call_tool(*call) for call in calls]

    return lambda *calls, store=bundled_store: asyncio.run(session(calls, store))


def test_an_assistant_finds_films(ask):
    tools, (answer, similar, film, filtered, like) = ask(
        ("find_films", {"plots": ["the mayor won't close the beach"], "year_to": 1990, "limit": 2}),
        ("similar_films", {"film": "Alien", "limit": 3}),
        ("get_film", {"film": "jaws-1975"}),
        (
            "find_films",
            {
                "plots": ["a spaceship computer refuses to open the doors"],
                "directors": ["kubrick"],
                "not_genres": ["war"],
                "limit": 1,
            },
        ),
        ("similar_films", {"film": "Alien", "countries": ["korea"], "cast": ["Song Kang-ho"], "limit": 2}),
    )
    assert tools == ["find_films", "similar_films", "get_film", "seen_films", "mark_seen"]
    best = answer.structured_content["films"][0]
    assert (best["title"], best["passage"]) == ("Jaws", None)
    assert best["opening"].endswith("…")
    assert "Aliens" in [film["title"] for film in similar.structured_content["films"]]
    assert film.structured_content["director"] == ["Steven Spielberg"]
    assert [film["title"] for film in filtered.structured_content["films"]] == ["2001: A Space Odyssey"]
    assert filtered.structured_content["notes"] == ["director: taking 'Stanley Kubrick' for 'kubrick'"]
    assert len(like.structured_content["films"]) == 2
    assert like.structured_content["notes"] == ["country: taking 'South Korea' for 'korea'"]


def test_an_assistant_notes_what_was_seen(ask, bundled_store, tmp_path):
    store = shutil.copytree(bundled_store, tmp_path / "store")
    shark = {"plots": ["the mayor won't close the beach"], "limit": 2}
    _, (marked, again, listed, unseen, back, several) = ask(
        ("mark_seen", {"films": ["jaws", "amelie-2001", "The Lamp of Ages (1931)"], "person": "Anna"}),
        ("mark_seen", {"films": ["jaws-1975"], "person": "anna"}),
        ("seen_films", {"person": "anna"}),
        ("find_films", {**shark, "unseen": True, "person": "anna"}),
        ("mark_seen", {"films": ["Jaws", "Lamp of Ages"], "seen": False, "person": "anna"}),
        ("mark_seen", {"films": ["Jaws", "Halloween", ""]}),
        store=store,
    )
    assert marked.structured_content == {
        "changed": ["Jaws", "Amélie"],
        "not_in_collection": ["The Lamp of Ages (1931)"],
        "unchanged": 0,
    }
    assert again.structured_content["unchanged"] == 1
    assert [film["id"] for film in listed.structured_content["films"]] == ["amelie-2001", "jaws-1975", None]
    assert "jaws-1975" not in [film["id"] for film in unseen.structured_content["films"]]
    assert unseen.structured_content["notes"][0] == "unseen: 2 films seen by anna are left out"
    assert back.structured_content["not_in_collection"] == ["The Lamp of Ages (1931)"]
    assert several.is_error


def test_mistakes_are_told_so_that_an_assistant_can_act_on_them(ask, tmp_path):
    _, (unknown, empty, wrong) = ask(
        ("get_film", {"film": "Jawz"}), ("find_films", {"plots": []}), ("find_films", {"plots": ["x"], "limit": 1000})
    )
    for result, text in ((unknown, "Jaws"), (empty, "nothing to look for"), (wrong, "limit")):
        assert result.is_error
        assert text in result.content[0].text
    _, (nothing,) = ask(("find_films", {"plots": ["a heist"]}), store=tmp_path / "none")
    assert nothing.is_error
    assert "moviesearch ingest" in nothing.content[0].text


def test_without_the_package_the_way_to_it_is_told(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "mcp.server", None)
    monkeypatch.delitem(sys.modules, "moviesearch.web.mcp", raising=False)
    result = run("mcp")
    assert result.exit_code == 2
    assert "pip install 'moviesearch[mcp]'" in result.stderr
