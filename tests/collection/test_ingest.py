"""Films into a collection: what is counted, what is embedded, what is kept when an ingest is stopped."""

import json
import os
import random
from collections import Counter
from dataclasses import replace

import pytest
from support.hash_encoder import SETTING, HashEncoder
from support.sound import wrong_in

from moviesearch import Movie, MovieSearch, Rejected
from moviesearch.collection.steps import Stopped
from moviesearch.embedding.passages import PassageSetting, split, whole_film
from moviesearch.errors import MismatchError, NotFoundError, UsageError
from moviesearch.storage.rows import BATCH
from moviesearch.storage.vector_cache import VectorCache

FOLDER_AND_SERVER = True

SHORT = Movie("short", "Short", "A baker loses a coin.", 1950)
LONG = Movie("long", "Long", " ".join(f"Then the sailor visits port{number} by night." for number in range(9)), 1960)
OTHER = Movie("other", "Other", "Two sisters race camels.", 1970, ("Sport",), "https://example.org/other", {"a": [1]})
FILMS = (SHORT, LONG, OTHER)


def passages(*films, setting=SETTING):
    return [text for film in films for text in split(film, HashEncoder().tokenize, setting)]


def texts(*films):
    """All that has to be encoded for films, each text once."""
    return Counter(set(passages(*films)) | {whole_film(film.title, film.plot) for film in films})


def stored(search, check=True):
    info = search.info()
    assert not check or wrong_in(search) is None
    return info.films, info.passages


def found(search, plot, limit=10):
    return [match.movie.id for match in search.find([plot], limit=limit, mode="dense").matches]


def test_films_are_added_with_all_their_passages(search, encoder):
    report = search.ingest(FILMS, setting=SETTING)
    assert (report.added, report.updated, report.unchanged, report.removed, report.rejected) == (3, 0, 0, 0, 0)
    assert report.passages == len(passages(*FILMS)) == 5
    assert Counter(encoder.texts) == texts(*FILMS)
    assert report.embedded == len(encoder.texts)
    assert stored(search) == (3, report.passages)
    assert [search.show(film.id) for film in FILMS] == list(FILMS)


def test_every_passage_of_a_plot_can_be_found(search):
    search.ingest(FILMS, setting=SETTING)
    for number in range(9):
        answer = search.find([f"sailor visits port{number}"], limit=1, mode="dense")
        assert answer.matches[0].movie == LONG
        assert f"port{number} " in answer.matches[0].passage


def test_second_run_embeds_nothing(search, open_search):
    search.ingest(FILMS, setting=SETTING)
    search.close()
    again = HashEncoder()
    report = open_search(encoder=again).ingest(FILMS, setting=SETTING)
    assert (report.added, report.updated, report.unchanged) == (0, 0, 3)
    assert (report.passages, report.embedded, again.texts) == (0, 0, [])


def test_only_new_and_changed_films_are_embedded(search, encoder):
    search.ingest(FILMS, setting=SETTING)
    encoder.texts.clear()
    changed, new = replace(SHORT, plot="A baker finds a ring."), Movie("new", "New", "A goat learns chess.")
    report = search.ingest([changed, LONG, OTHER, new], setting=SETTING)
    assert (report.added, report.updated, report.unchanged) == (1, 1, 2)
    assert Counter(encoder.texts) == texts(changed, new)
    assert stored(search) == (4, len(passages(changed, LONG, OTHER, new)))
    assert search.show("short").plot == "A baker finds a ring."


def test_film_changed_in_its_facts_alone_is_updated_without_embedding(search, encoder):
    search.ingest(FILMS, setting=SETTING)
    encoder.texts.clear()
    for changed in (
        replace(OTHER, year=1971),
        replace(OTHER, genres=("Sport", "Drama")),
        replace(OTHER, url=None),
        replace(OTHER, extra={"a": [2]}),
    ):
        report = search.ingest([changed], setting=SETTING)
        assert (report.updated, report.embedded) == (1, 0)
        assert search.show("other") == changed
    assert encoder.texts == []
    assert stored(search)[0] == 3


def test_passages_of_a_changed_film_are_gone(search):
    search.ingest(FILMS, setting=SETTING)
    search.ingest([replace(LONG, plot="He stays at home.")], setting=SETTING)
    assert stored(search) == (3, 3)
    answer = search.find(["Then the sailor visits port8 by night"], mode="dense")
    assert len(answer.matches) == 3
    assert not any("port" in match.passage for match in answer.matches)
    search.ingest([LONG], setting=SETTING)
    assert stored(search) == (3, len(passages(*FILMS)))
    assert found(search, "sailor visits port8", 1) == ["long"]


def test_order_of_ingest_is_kept(search, tmp_path):
    search.ingest(FILMS, setting=SETTING)
    search.ingest([Movie("a", "A", "First of the alphabet."), replace(SHORT, year=1951)], setting=SETTING)
    search.export(tmp_path / "out")
    exported = json.loads((tmp_path / "out" / "movies.json").read_text(encoding="utf-8"))
    assert [film["title"] for film in exported] == ["Short", "Long", "Other", "A"]


def test_same_film_twice_in_one_run_counts_as_its_last(search):
    report = search.ingest([SHORT, replace(SHORT, plot="A baker buys a mill."), LONG], setting=SETTING)
    assert (report.added, report.updated) == (2, 1)
    assert search.show("short").plot == "A baker buys a mill."
    assert stored(search)[0] == 2


def test_rejected_and_duplicates_are_told_apart(search):
    records = [SHORT, Rejected("f.jsonl:2", "plot", "missing"), Rejected("f.jsonl:3", "", "twice", duplicate=True)]
    seen = []
    report = search.ingest(records, setting=SETTING, on_rejected=seen.append)
    assert (report.added, report.rejected, report.duplicates) == (1, 1, 1)
    assert seen == records[1:]


def test_an_empty_source_makes_an_empty_collection(search):
    report = search.ingest([], setting=SETTING)
    assert (report.added, report.passages) == (0, 0)
    assert stored(search) == (0, 0)
    assert found(search, "anything") == []


# pruning


def test_prune_removes_what_the_source_no_longer_has_after_asking(search):
    search.ingest(FILMS, setting=SETTING)
    asked = []
    report = search.ingest([SHORT], setting=SETTING, prune=lambda count: asked.append(count) or False)
    assert (asked, report.removed, stored(search)[0]) == ([2], 0, 3)
    report = search.ingest([SHORT], setting=SETTING, prune=lambda count: True)
    assert (report.removed, report.unchanged) == (2, 1)
    assert stored(search) == (1, 1)
    assert found(search, "sailor visits port8") == ["short"]
    with pytest.raises(NotFoundError):
        search.show("long")


def test_prune_asks_nothing_where_nothing_would_go(search):
    search.ingest(FILMS, setting=SETTING)
    assert search.ingest(FILMS, setting=SETTING, prune=pytest.fail).removed == 0


def test_prune_spares_all_films_when_a_record_was_rejected(search):
    search.ingest(FILMS, setting=SETTING)
    report = search.ingest([SHORT, Rejected("f:2", "plot", "missing")], setting=SETTING, prune=pytest.fail)
    assert (report.removed, stored(search)[0]) == (0, 3)


# stopping


def many(count):
    draw = random.Random(count)
    words = [f"word{number}" for number in range(120)]
    return [Movie(f"m{n}", f"Film {n}", " ".join(draw.choices(words, k=8))) for n in range(count)]


def test_stopped_in_the_middle_keeps_what_is_done_and_goes_on(search, open_search, encoder):
    films = many(700)

    def stop(step):
        if step.done >= 500:
            raise Stopped

    report = search.ingest(films, setting=SETTING, progress=stop)
    before = list(encoder.texts)
    assert report.stopped
    assert 500 <= report.added < 700
    assert stored(search, check=False) == (report.added, report.added)
    assert found(search, films[3].plot, 1) == ["m3"]
    search.close()

    again = HashEncoder()
    rest = open_search(encoder=again).ingest(films, setting=SETTING)
    assert (rest.added, rest.unchanged, rest.stopped) == (700 - report.added, report.added, False)
    assert sorted(before + again.texts) == sorted(whole_film(film.title, film.plot) for film in films)
    assert stored(search, check=False) == (700, 700)


def test_texts_embedded_before_a_stop_are_not_embedded_again(search, open_search, encoder):
    films = many(300)

    def stop(step):
        if step.done > 0:
            raise Stopped

    assert search.ingest(films, setting=SETTING, progress=stop).added == 0
    done = len(encoder.texts)
    assert 0 < done < 300
    search.close()
    again = HashEncoder()
    assert open_search(encoder=again).ingest(films, setting=SETTING).added == 300
    assert len(again.texts) == 300 - done


@pytest.mark.integration
def test_an_error_of_the_source_in_the_middle_leaves_a_sound_collection(search):
    def breaking():
        yield from many(700)
        raise OSError("the disk went away")

    with pytest.raises(OSError, match="the disk went away"):
        search.ingest(breaking(), setting=SETTING)
    films, count = stored(search, check=False)
    assert films == count == BATCH
    report = search.ingest(many(700), setting=SETTING)
    assert (report.added, report.unchanged) == (700 - BATCH, BATCH)


def test_progress_grows_up_to_the_number_of_films(search):
    steps = []
    search.ingest(many(700), setting=SETTING, progress=steps.append)
    assert all(before.done <= after.done for before, after in zip(steps, steps[1:], strict=False))
    assert (steps[-1].read, steps[-1].done) == (700, 700)


# other models, other settings, other collections


def test_another_model_is_refused_with_both_sides_named(search, open_search):
    search.ingest(FILMS, setting=SETTING)
    search.close()
    stranger = HashEncoder(name="stranger")
    with pytest.raises(MismatchError) as refused:
        open_search(encoder=stranger).ingest(FILMS, setting=SETTING)
    both = [f"{model.name} ({model.digest[:12]})" for model in (HashEncoder(), stranger)]
    assert all(part in str(refused.value) for part in (*both, "--rebuild", "--collection"))
    with pytest.raises(MismatchError, match="hash .*stranger"):
        open_search(encoder=stranger).find(["a coin"], mode="dense")
    assert stranger.texts == []
    assert stored(search)[0] == 3


def test_another_passage_setting_is_refused_with_both_sides_named(search):
    search.ingest(FILMS, setting=SETTING)
    with pytest.raises(MismatchError, match=r"24/6 tokens.*20/4 tokens.*--rebuild.*--collection"):
        search.ingest(FILMS, setting=PassageSetting(window=32, size=20, overlap=4))
    assert stored(search)[0] == 3


def test_rebuild_keeps_the_films_in_their_order(search, open_search, tmp_path):
    search.ingest(FILMS, setting=SETTING)
    search.close()
    stranger = HashEncoder(name="stranger", dimension=128)
    other = open_search(encoder=stranger)
    report = other.ingest([], setting=PassageSetting(window=32, size=16, overlap=0), rebuild=True)
    assert report.added == 0
    assert (other.info().manifest.model, other.info().manifest.dimension) == ("stranger", 128)
    assert Counter(stranger.texts) >= Counter({whole_film(film.title, film.plot) for film in FILMS})
    assert stored(other) == (3, len(passages(*FILMS, setting=PassageSetting(window=32, size=16, overlap=0))))
    assert [other.show(film.id) for film in FILMS] == list(FILMS)
    assert found(other, "sailor visits port8", 1) == ["long"]
    other.close()
    with pytest.raises(MismatchError):
        search.ingest(FILMS, setting=SETTING)


def _cut_vectors(folder):
    """Damage the index of a store in a folder."""
    for path in folder.glob("films/chroma-*/*/data_level0.bin"):
        os.truncate(path, path.stat().st_size // 2)


def test_rebuild_with_another_model_needs_nothing_of_a_damaged_index(tmp_path):
    """Once it was refused: the index was mended first, with the model that had been given."""
    with MovieSearch(tmp_path, encoder=HashEncoder()) as search:
        search.ingest(FILMS, setting=SETTING)
    _cut_vectors(tmp_path)
    with MovieSearch(tmp_path, encoder=HashEncoder(name="stranger", dimension=128)) as other:
        with pytest.raises(MismatchError, match=r"was made with hash \(.*and this is stranger .*--rebuild"):
            other.ingest([], setting=SETTING)
        assert other.ingest([], setting=SETTING, rebuild=True).added == 0
        assert (other.info().manifest.model, stored(other)[0]) == ("stranger", 3)
        assert [other.show(film.id) for film in FILMS] == list(FILMS)


def test_a_collection_whose_films_are_all_gone_is_not_called_damaged(tmp_path):
    """Chroma writes the files of an emptied index anew when it is opened."""
    notes = []
    for films in (FILMS, []):
        with MovieSearch(tmp_path, encoder=HashEncoder(), note=notes.append) as search:
            search.ingest(films, setting=SETTING, prune=lambda count: True)
            assert search._collection.chroma.hashes().keys() == {film.id for film in films}
    with MovieSearch(tmp_path, encoder=HashEncoder(), note=notes.append) as search:
        assert search.ingest(FILMS, setting=SETTING).added == 3
        assert stored(search)[0] == 3
    assert notes == []


def test_rebuild_of_the_same_model_and_setting_is_an_ordinary_ingest(search, encoder):
    search.ingest(FILMS, setting=SETTING)
    encoder.texts.clear()
    assert search.ingest(FILMS, setting=SETTING, rebuild=True).unchanged == 3
    assert encoder.texts == []


def test_collections_of_different_models_stand_side_by_side(search, open_search):
    search.ingest(FILMS, setting=SETTING)
    second = open_search("second.one", encoder=HashEncoder(name="stranger", dimension=64))
    second.ingest([SHORT], setting=SETTING)
    assert (stored(search)[0], stored(second)[0]) == (3, 1)
    assert found(search, "sailor visits port8", 1) == ["long"]
    assert found(second, "sailor visits port8") == ["short"]


def test_second_collection_of_one_model_takes_its_vectors_from_the_cache(search, open_search, tmp_path):
    search.ingest(FILMS, setting=SETTING)
    other = HashEncoder()
    assert open_search("copy", encoder=other).ingest(FILMS, setting=SETTING).added == 3
    assert other.texts == []


@pytest.mark.parametrize("name", ["ab", ".films", "films-", "a..b", "a/b", "../films", "fil ms", "films\n", "é" * 4])
def test_bad_collection_name_is_refused(open_search, name, tmp_path):
    with pytest.raises(UsageError, match="collection's name"):
        open_search(name)
    assert not (tmp_path / "store").exists()


def test_reading_where_nothing_was_stored_names_the_way(search, tmp_path):
    for read in (search.info, lambda: search.find(["x"], mode="dense"), lambda: search.show("x")):
        with pytest.raises(NotFoundError, match="moviesearch ingest"):
            read()
    assert not (tmp_path / "store").exists()


def test_vector_cache_gives_back_what_it_was_given(tmp_path, encoder):
    cache = VectorCache(tmp_path / "vectors.sqlite3")
    vectors = {text: encoder.vector(text) for text in ("one", "two", "\ud800 alone", "")}
    cache.put("model", vectors)
    cache.close()
    cache = VectorCache(tmp_path / "vectors.sqlite3")
    got = cache.get("model", [*vectors, "three"])
    assert {text: vector.tolist() for text, vector in got.items()} == {t: v.tolist() for t, v in vectors.items()}
    assert cache.get("other model", list(vectors)) == {}
    assert len(cache) == 4
    cache.close()
