"""The original's own algorithm, written out with sentence-transformers, against `export` and `find --exact`.

The original encodes `title - plot` once a film and ranks by a loop of cosine similarities.
"""

import json
import os
import warnings

import numpy as np
import pytest
from support.hash_encoder import SETTING, HashEncoder

from moviesearch import Movie, MovieSearch
from moviesearch.config import Settings
from moviesearch.embedding.models import locate
from moviesearch.request import MEASURES
from moviesearch.sources import bundled, read

MPNET = os.environ.get("MOVIESEARCH_TEST_MPNET")
"""A folder with all-mpnet-base-v2, where it is at hand."""


def sentence_transformer(folder):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sentence_transformers import SentenceTransformer

        return SentenceTransformer(str(folder))


@pytest.fixture(scope="module")
def model(model_cache):
    return sentence_transformer(locate(None, model_cache).folder)


def original_embeddings(model, films):
    return model.encode([f"{film['title']} - {film['plot']}" for film in films], normalize_embeddings=False)


MEASURED = {
    "cosine": lambda a, b: np.dot(a, b) / (np.linalg.norm(a) * np.linalg.norm(b)),
    "dot": np.dot,
    "euclidean": lambda a, b: -np.linalg.norm(a - b),
}


def original_scores(embeddings, query, measure="cosine"):
    return [float(MEASURED[measure](query, row)) for row in embeddings]


def assert_same_list(scores, found, without=(), tolerance=1e-5):
    """`found` are the rows of the best scores in order; rows within the tolerance of each other may change places."""
    best = sorted((score for row, score in enumerate(scores) if row not in without), reverse=True)
    assert len(set(found)) == len(found) and not set(found) & set(without)
    assert [scores[row] for row in found] == pytest.approx(best[: len(found)], abs=tolerance)


def exported(search, folder):
    count = search.export(folder)
    embeddings = np.load(folder / "embeddings.npy")
    films = json.loads((folder / "movies.json").read_text(encoding="utf-8"))
    assert embeddings.dtype == np.float32 and len(embeddings) == len(films) == count
    return embeddings, films


def assert_same_vectors(ours, theirs):
    norms, their_norms = np.linalg.norm(ours, axis=1), np.linalg.norm(theirs, axis=1)
    assert ours.shape == theirs.shape
    assert ((ours * theirs).sum(axis=1) / (norms * their_norms)).min() >= 0.99999
    assert np.abs(norms - their_norms).max() <= 1e-3


@pytest.fixture(scope="module")
def originals(model):
    """The bundled films in file order, and the original's embeddings of them."""
    films = [json.loads(line) for line in bundled().read_text(encoding="utf-8").splitlines()]
    return films, original_embeddings(model, films)


@pytest.fixture
def bundled_search(bundled_store, model_cache):
    with MovieSearch(settings=Settings(store=str(bundled_store), cache=model_cache, model=None)) as search:
        yield search


@pytest.mark.slow
def test_export_of_the_bundled_films_is_the_original_one(bundled_search, originals, tmp_path):
    films, theirs = originals
    ours, listed = exported(bundled_search, tmp_path)
    assert [film["id"] for film in listed] == [film["id"] for film in films]
    assert [(film["title"], film["plot"]) for film in listed] == [(film["title"], film["plot"]) for film in films]
    assert_same_vectors(ours, theirs)
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["model"], manifest["dimension"], manifest["films"]) == ("all-MiniLM-L6-v2", 384, len(films))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["embeddings.npy", "manifest.json", "movies.json"]


@pytest.mark.slow
def test_ten_best_of_every_bundled_film_are_the_original_ones(bundled_search, originals):
    films, embeddings = originals
    rows = {film["id"]: row for row, film in enumerate(films)}
    for film, row in rows.items():
        answer = bundled_search.find(films=[film], limit=10, mode="dense", exact=True)
        scores = original_scores(embeddings, embeddings[row])
        found = [rows[match.movie.id] for match in answer.matches]
        assert len(found) == 10
        assert_same_list(scores, found, without=[row])
        assert [match.score for match in answer.matches] == pytest.approx([scores[at] for at in found], abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("measure", MEASURES)
def test_described_plot_gets_the_original_list_by_each_measure(run, bundled_store, originals, model, measure):
    films, embeddings = originals
    rows = {film["id"]: row for row, film in enumerate(films)}
    query = "Two brothers rob a bank and fall out over the money. " * 40  # far longer than the model's window
    shown = run(
        *("find", "--store", bundled_store, "--mode", "dense", "--exact", "--measure", measure),
        *("--plot", query, "--limit", 20, "--format", "json"),
    )
    assert shown.exit_code == 0, shown.stderr
    found = [rows[result["id"]] for result in json.loads(shown.stdout)["results"]]
    assert len(found) == 20
    vector = model.encode(query, normalize_embeddings=False)
    assert_same_list(original_scores(embeddings, vector, measure), found)


@pytest.mark.slow
def test_the_examples_of_the_original(run, bundled_store, originals):
    films, embeddings = originals
    rows = {(film["title"], film["year"]): row for row, film in enumerate(films)}
    for title, year in (("Batman Begins", 2005), ("Dunkirk", 2017), ("The Departed", 2006)):
        shown = run(
            *("find", "--store", bundled_store, "--mode", "dense", "--exact"),
            *("--title", title, "--year", year, "--format", "json"),
        )
        found = [rows[result["title"], result["year"]] for result in json.loads(shown.stdout)["results"]]
        row = rows[title, year]
        assert_same_list(original_scores(embeddings, embeddings[row]), found, without=[row])
    assert "Infernal Affairs" in [films[row]["title"] for row in found]


def original_layout(folder):
    """A JSON file as the original has it: a list of films with a title, a plot and other keys, and no ids."""
    sampled = map(json.loads, bundled().read_text(encoding="utf-8").splitlines()[::20])
    films = list(
        {film["title"]: film for film in sampled}.values()
    )  # of films of one title and no year one is asked for
    told = [{"title": film["title"], "plot": film["plot"], "rating": 7.5} for film in films]
    told += [
        {"title": "The Long One", "plot": " ".join(film["plot"] for film in films[:6])},
        {"title": "Short", "plot": "x"},
        {"title": "Dash - Dash", "plot": "A title with a dash - and a plot with one."},
        {"title": "千と千尋の神隠し", "plot": "十歳の少女が神々の世界に。\n\nShe   works in a bath house.\tΤέλος."},
        {"title": "  Padded  ", "plot": "  A plot within white space. \r\n And another line.  "},
    ]
    told.reverse()
    path = folder / "movies.json"
    path.write_text(json.dumps(told, indent=2), encoding="utf-8")
    return path, told


def assert_parity_with(model, search, path, told, folder):
    report = search.ingest(read(path))
    assert report.added == len(told)
    theirs = original_embeddings(model, told)
    ours, listed = exported(search, folder)
    assert [film["title"].strip() for film in listed] == [film["title"].strip() for film in told]
    assert_same_vectors(ours, theirs)
    rows = {film["id"]: row for row, film in enumerate(listed)}
    for film, row in rows.items():
        for measure in MEASURES:
            answer = search.find(films=[film], limit=10, mode="dense", exact=True, measure=measure)
            found = [rows[match.movie.id] for match in answer.matches]
            assert_same_list(original_scores(theirs, theirs[row], measure), found, without=[row])


@pytest.mark.slow
def test_file_in_the_original_layout(model, model_cache, tmp_path):
    settings = Settings(store=str(tmp_path / "store"), cache=model_cache, model=None)
    with MovieSearch(settings=settings) as search:
        assert_parity_with(model, search, *original_layout(tmp_path), tmp_path / "out")


@pytest.mark.slow
@pytest.mark.skipif(MPNET is None, reason="MOVIESEARCH_TEST_MPNET names no folder with all-mpnet-base-v2")
def test_file_in_the_original_layout_with_the_original_model(model_cache, tmp_path):
    settings = Settings(store=str(tmp_path / "store"), cache=model_cache, model=MPNET)
    with MovieSearch(settings=settings) as search:
        assert_parity_with(sentence_transformer(MPNET), search, *original_layout(tmp_path), tmp_path / "out")


@pytest.mark.parametrize("measure", MEASURES)
def test_measures_differ_where_vectors_are_not_of_length_one(search, tmp_path, measure):
    films = [
        Movie("once", "Once", "gold"),
        Movie("often", "Often", "gold gold gold gold gold gold"),
        Movie("mixed", "Mixed", "gold gold silver silver silver iron iron iron lead lead lead"),
        Movie("none", "None", "silver iron lead"),
    ]
    search.ingest(films, setting=SETTING)
    embeddings, _ = exported(search, tmp_path / "out")
    encoder = HashEncoder()
    assert np.allclose(embeddings, [encoder.vector(f"{film.title} - {film.plot}") for film in films], atol=1e-6)
    answer = search.find(["gold gold"], limit=4, mode="dense", exact=True, measure=measure)
    scores = original_scores(embeddings, encoder.vector("gold gold"), measure)
    ids = [film.id for film in films]
    assert_same_list(scores, [ids.index(match.movie.id) for match in answer.matches])
    assert [match.score for match in answer.matches] == pytest.approx(sorted(scores, reverse=True), abs=1e-5)
    first = {"cosine": "often", "dot": "often", "euclidean": "once"}
    assert answer.matches[0].movie.id == first[measure]


def test_export_again_replaces_the_files_and_leaves_no_draft(search, tmp_path):
    search.ingest([Movie("a", "A", "one"), Movie("b", "B", "two")], setting=SETTING)
    exported(search, tmp_path / "out")
    search.ingest([Movie("c", "C", "three"), Movie("b", "B", "four")], setting=SETTING)
    embeddings, films = exported(search, tmp_path / "out")
    assert [film["plot"] for film in films] == ["one", "four", "three"]
    assert np.allclose(embeddings[1], HashEncoder().vector("B - four"), atol=1e-6)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "embeddings.npy",
        "manifest.json",
        "movies.json",
    ]
