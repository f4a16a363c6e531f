"""Dumps: whole, in parts, packed, broken and interrupted."""

from __future__ import annotations

import bz2
import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterable
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from click.testing import Result
from support.paths import ROOT
from support.wiki.odd_pages import ODD_PAGES, wikitexts
from support.wiki.pages import PAGES, film

from moviesearch.cli.fetching.dump import run_dump
from moviesearch.errors import LockedError, SourceError, StoreError, UsageError
from moviesearch.sources.wikipedia.article.infobox import Site
from moviesearch.sources.wikipedia.dump import xml_pages
from moviesearch.sources.wikipedia.dump.part import read_part
from moviesearch.sources.wikipedia.dump.read import read_dump
from moviesearch.sources.wikipedia.dump.xml_pages import Part, chunks, pages, parts

SCRIPT = ROOT / "scripts" / "build_dataset.py"
SITE = Site("enwiki", "https://en.wikipedia.org/wiki/")


def dump_xml(articles: Iterable[tuple[str, str]]) -> bytes:
    body = "".join(
        f"  <page>\n    <title>{escape(title)}</title>\n    <ns>{10 if title.startswith('Template:') else 0}</ns>\n"
        f"    <id>{number}</id>\n    <revision>\n      <id>{number + 1000}</id>\n"
        f"      <timestamp>2024-01-01T00:00:00Z</timestamp>\n      <model>wikitext</model>\n"
        f'      <text bytes="{len(text)}" xml:space="preserve">{escape(text)}</text>\n    </revision>\n  </page>\n'
        for number, (title, text) in enumerate(articles, 1)
    )
    return (
        '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="en">\n  <siteinfo>\n'
        "    <sitename>Wikipedia</sitename>\n    <dbname>enwiki</dbname>\n"
        f"    <base>https://en.wikipedia.org/wiki/Main_Page</base>\n  </siteinfo>\n{body}</mediawiki>\n"
    ).encode()


def articles(count: int) -> list[tuple[str, str]]:
    chance = random.Random(count)
    words = "the door opens and nobody is there but a dog with <page> in its mouth".split()
    titles_and_texts = []
    for number in range(count):
        story = " ".join(chance.choices(words, k=chance.randrange(5, 400)))
        title = f"Film {number}"
        titles_and_texts.append(
            (title, film(title, 1950 + number % 70, f"== Plot ==\n{story}") if number % 3 else story)
        )
    return titles_and_texts


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def in_parts(path: Path, size: int) -> list[bytes]:
    return [page for part in parts(path, size) for page in pages(chunks(part))]


@pytest.mark.parametrize("kind", ["xml", "bz2", "bz2 in streams", "gz"])
def test_parts_of_any_size_hold_every_page_once(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_pages, "_READ", 1000)
    xml = dump_xml(articles(400))
    path = tmp_path / "dump"
    packed = {
        "xml": lambda: xml,
        "bz2": lambda: bz2.compress(xml, 1),
        "bz2 in streams": lambda: b"".join(
            bz2.compress(xml[start : start + 30_011]) for start in range(0, len(xml), 30_011)
        ),
        "gz": lambda: gzip.compress(xml),
    }[kind]()
    path.write_bytes(packed)
    whole = in_parts(path, 10**9)
    assert len(whole) == 400
    for size in (997, 4096, 33_333, len(packed) - 1):
        assert in_parts(path, size) == whole
    if kind == "xml":
        start = xml.index(b"<page>", 5000)
        for cut in range(start - 1, start + 8):
            halves = [pages(chunks(part)) for part in (Part(path, 0, cut), Part(path, cut, len(xml)))]
            assert [page for half in halves for page in half] == whole


def test_films_of_a_dump_in_several_files_and_formats_come_in_order(tmp_path: Path) -> None:
    every = list(PAGES.items())
    first, second = tmp_path / "1.xml.bz2", tmp_path / "2.xml"
    first.write_bytes(bz2.compress(dump_xml(every[:30])))
    second.write_bytes(dump_xml([("Pad", "no film")] * 30 + every[30:]))
    report = read_dump([first, second], tmp_path / "films.jsonl", jobs=2, part_bytes=5000)
    films = lines(tmp_path / "films.jsonl")
    of_films = [(title, text) for title, text in every if "Infobox film" in text or "[[Category:2002 films]]" in text]
    titles = [title for title, _ in of_films if not title.startswith("Template:")]
    without = ["Crossing (1931 film)", "Lost Reel", "Empty Plot"]
    assert [film["wikipedia_title"] for film in films] == [title for title in titles if title not in without]
    assert report.films == len(films)
    assert [film.title for film in report.left_out] == without
    assert report.pages == len(every) + 30
    assert report.rate > 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.xml.bz2", "2.xml", "films.jsonl"]


def test_a_page_that_is_broken_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    good = dump_xml([("One", film("One", 2001, "== Plot ==\nA.")), ("Two", film("Two", 2002, "== Plot ==\nB."))])
    path = tmp_path / "dump.xml"
    path.write_bytes(good.replace(b"<timestamp>", b"<timestamp", 1))
    counts = read_part(Part(path, 0, path.stat().st_size), tmp_path / "part", SITE)
    assert counts.films == 1
    assert len(counts.faults) == 1
    assert counts.faults[0].startswith("dump.xml: a page: broken XML")
    left_out = lines(tmp_path / "part")[0]["left_out"]
    assert isinstance(left_out, dict)
    assert (left_out["title"], left_out["place"]) == ("One", "dump.xml")
    assert str(left_out["reason"]).startswith("it can't be read: broken XML")


def test_redirects_other_namespaces_and_empty_pages_are_no_films(tmp_path: Path) -> None:
    xml = dump_xml([("One", film("One", 2001, "== Plot ==\nA.")), ("Template:X", film("X", 2001, "== Plot ==\nB."))])
    redirect = xml.replace(b"<title>One</title>", b'<title>One</title><redirect title="Two" />')
    path = tmp_path / "dump.xml"
    path.write_bytes(redirect)
    assert read_part(Part(path, 0, len(redirect)), tmp_path / "part", SITE).films == 0


def test_of_a_dump_with_history_the_last_revision_counts(tmp_path: Path) -> None:
    xml = dump_xml([("One", film("One", 2001, "== Plot ==\nNew."))])
    old = xml[xml.index(b"    <revision>") : xml.index(b"  </page>")].replace(b"New.", b"Old.").replace(b"1001", b"900")
    path = tmp_path / "dump.xml"
    path.write_bytes(xml.replace(b"    <revision>", old + b"    <revision>"))
    read_part(Part(path, 0, path.stat().st_size), tmp_path / "part", SITE)
    [record, _] = lines(tmp_path / "part")
    assert (record["plot"], record["wikipedia_revision_id"]) == ("New.", 1001)


def test_films_left_out_are_listed_with_their_reasons_and_counted(tmp_path: Path) -> None:
    novel = f"{{{{Infobox book}}}}\nIt is a novel.\n== Plot ==\nA.\n== Film ==\n{film('It', 2004, '')}"
    xml = dump_xml(
        [
            ("One", film("One", 2001, "== Plot ==\nShe leaves.")),
            ("Two", film("Two", 2002, "")),
            ("Three", film("Three", 2003, "== Plot ==\n''TBA''")),
            ("Four", novel),
            ("Five", f"#REDIRECT [[One & only]]\n{film('Five', 2005, '')}"),
            ("Six & a half", film("Six", 2006, "== Cast ==\n")),
            ("A village", "It is a village.\n== Plot ==\nOf land."),
        ]
    ).replace(b"<title>Five</title>", b'<title>Five</title><redirect title="One &amp; only" />')
    (tmp_path / "dump.xml").write_bytes(xml)
    text = run_dump([tmp_path / "dump.xml"], tmp_path / "films.jsonl", jobs=1, misses=tmp_path / "misses.jsonl")
    assert [film["title"] for film in lines(tmp_path / "films.jsonl")] == ["One"]
    assert lines(tmp_path / "misses.jsonl") == [
        {"title": title, "year": year, "place": f"dump.xml: page {page}", "reason": reason}
        for title, year, page, reason in (
            ("Two", 2002, 2, "it has no plot section"),
            ("Three", 2003, 3, "its plot says nothing: 'TBA'"),
            ("Four", 2004, 4, "it is of something else: {{Infobox book}} comes before the film infobox"),
            ("Five", None, 5, "it redirects: to 'One & only'"),
            ("Six & a half", 2006, 6, "it has no plot section"),
        )
    ]
    assert "1 film in " in text
    assert "5 articles left out; 7 pages read" in text
    assert "2 left out: it has no plot section\n  1 left out: its plot says nothing\n" in text
    assert "dump.xml: page 2: Two (2002): it has no plot section" in text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dump.xml", "films.jsonl", "misses.jsonl"]


def test_of_many_films_left_out_the_first_are_shown_and_the_file_of_all_is_named(tmp_path: Path) -> None:
    (tmp_path / "dump.xml").write_bytes(dump_xml((f"Film {number}", film("It", 2001, "")) for number in range(12)))
    text = run_dump([tmp_path / "dump.xml"], tmp_path / "films.jsonl", jobs=1)
    assert "Film 9 (2001)" in text
    assert "Film 10" not in text
    assert "... and 2 more: --misses FILE has all" in text
    text = run_dump([tmp_path / "dump.xml"], tmp_path / "films.jsonl", jobs=1, misses=tmp_path / "misses.jsonl")
    assert f"... and 2 more in {tmp_path / 'misses.jsonl'}" in text
    assert len(lines(tmp_path / "misses.jsonl")) == 12


def test_files_that_cant_be_written_are_told_before_the_dump_is_read(tmp_path: Path) -> None:
    dump, output = tmp_path / "none.xml", tmp_path / "films.jsonl"
    with pytest.raises(StoreError, match="there is no folder .*gone: make it first"):
        run_dump([dump], output, misses=tmp_path / "gone" / "misses.jsonl")
    with pytest.raises(UsageError, match="two of the files to write have the same name"):
        run_dump([dump], output, misses=output)


@pytest.mark.integration
def test_misses_asked_for_after_the_dump_was_read_are_written_too(run: Callable[..., Result], tmp_path: Path) -> None:
    dump, misses, no_store = tmp_path / "dump.xml", tmp_path / "misses.jsonl", tmp_path / "file"
    dump.write_bytes(dump_xml([("Told", film("Told", 1999, "== Plot ==\nA dog.")), ("Lost", film("Lost", 1912, ""))]))
    no_store.write_text("no folder")
    failed = run("fetch", "--dump", dump, "--jobs", 1, "--store", no_store)
    assert failed.exit_code == 1
    assert "1 film in the dump, 1 article left out" in failed.stderr
    again = run("fetch", "--dump", dump, "--jobs", 1, "--misses", misses)
    assert again.exit_code == 0
    assert "1 added" in again.stdout
    assert "in the dump" not in again.stderr  # it isn't read twice
    assert [(film["title"], film["reason"]) for film in lines(misses)] == [("Lost", "it has no plot section")]
    assert "1 film in the dump" in run("fetch", "--dump", dump, "--jobs", 1).stderr  # nothing of it was left


@pytest.mark.integration
def test_an_interrupt_before_the_films_of_a_dump_are_stored_says_how_to_go_on(tmp_path: Path) -> None:
    dump = tmp_path / "dump.xml"
    dump.write_bytes(dump_xml([("Told", film("Told", 1999, "== Plot ==\nA dog."))]))
    command = [sys.executable, "-m", "moviesearch", "fetch", "--dump", str(dump), "--jobs", "1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert process.stderr
    while "1 film in the dump" not in (line := process.stderr.readline()):
        assert line
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "stopped; what is done is kept, and the same command goes on from there" in told
    again = subprocess.run(command, capture_output=True, text=True)
    assert again.returncode == 0
    assert "1 added" in again.stdout or "1 unchanged" in again.stdout
    assert "in the dump" not in again.stderr


def test_every_odd_page_gives_its_words_or_the_reason_why_not(tmp_path: Path) -> None:
    (tmp_path / "dump.xml").write_bytes(dump_xml(wikitexts().items()))
    report = read_dump([tmp_path / "dump.xml"], tmp_path / "films.jsonl", jobs=1)
    plots = {str(film["wikipedia_title"]): str(film["plot"]) for film in lines(tmp_path / "films.jsonl")}
    left_out = {film.title: film.reason for film in report.left_out}
    for page in ODD_PAGES:
        if page.holds:
            assert page.holds in plots[page.title], page
        elif page.has_film and "redirects" not in page.reason:
            assert page.reason in left_out[page.title], page
    assert set(plots) == {page.title for page in ODD_PAGES if page.holds}


@pytest.mark.integration
@pytest.mark.parametrize("pack", [bytes, bz2.compress, gzip.compress])
def test_memory_stays_flat(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    other = [(f"Other {number}", "a word or two " * 1500) for number in range(1000)]
    path = tmp_path / "dump"
    path.write_bytes(pack(dump_xml(other + articles(60))))
    tracemalloc.start()
    counts = read_part(Part(path, 0, path.stat().st_size), tmp_path / "part", SITE)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (counts.pages, counts.films) == (1060, 40)
    assert counts.xml_bytes > 20_000_000
    assert peak < 10_000_000


def test_what_is_no_dump_is_named(tmp_path: Path) -> None:
    whole = dump_xml(articles(60))
    packed = bz2.compress(whole)
    cases = {
        "empty.xml": (b"", "is empty"),
        "page.html": (b"<!DOCTYPE html><html>", "is no MediaWiki dump"),
        "noinfo.xml": (b"<mediawiki><page><title>A</title></page></mediawiki>", "is no MediaWiki dump"),
        "text.txt": (b"hello", "7-Zip or in another way"),
        "cut.xml.bz2": (
            packed[: len(packed) // 2],
            "cut.xml.bz2: the bzip2 block at byte .* is damaged or cut off; download it again",
        ),
        "cut.xml.gz": (gzip.compress(whole)[:-2000], "download it again"),
        "cut.xml": (whole[: whole.rindex(b"</page>")], "cut.xml ends within a page: download it again"),
        "none.xml": (dump_xml([]), "holds no pages"),
    }
    for name, (content, message) in cases.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(SourceError, match=message):
            read_dump([tmp_path / name], tmp_path / f"{name}.out", jobs=1)
        assert not (tmp_path / f"{name}.out").exists()
    with pytest.raises(SourceError, match="there is no file"):
        read_dump([tmp_path / "gone.xml"], tmp_path / "out")


def test_parts_of_another_dump_are_not_mixed_in_and_two_processes_not_let_in(tmp_path: Path) -> None:
    import portalocker

    path, output = tmp_path / "dump.xml", tmp_path / "films.jsonl"
    path.write_bytes(dump_xml(articles(10)))
    folder = tmp_path / "films.jsonl.parts"
    folder.mkdir()
    (folder / "plan.json").write_text('[2, ["other.xml", 1, 0, 1]]')
    with pytest.raises(StoreError, match="holds parts of another dump: delete it"):
        read_dump([path], output)
    with (folder / "lock").open("a") as lock:
        portalocker.lock(lock, portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING)
        with pytest.raises(LockedError):
            read_dump([path], output)


@pytest.mark.slow
def test_killed_at_random_moments_it_ends_with_the_same_file(tmp_path: Path) -> None:
    path, output, whole = tmp_path / "dump.xml.bz2", tmp_path / "films.jsonl", tmp_path / "whole.jsonl"
    xml = dump_xml(articles(1200))
    path.write_bytes(b"".join(bz2.compress(xml[start : start + 20_000]) for start in range(0, len(xml), 20_000)))
    read_dump([path], whole, jobs=1)
    assert len(lines(whole)) == 800
    command = [sys.executable, str(SCRIPT), "dump", str(path), "-o", str(output), "--part-size", "0.02", "--jobs", "2"]
    chance = random.Random(3)
    folder = tmp_path / "films.jsonl.parts"
    kills = 0
    for _ in range(40):
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        before = len(list(folder.glob("*.jsonl"))) if folder.exists() else 0
        deadline = time.monotonic() + 60
        while process.poll() is None and kills < 10 and time.monotonic() < deadline:
            if folder.exists() and len(list(folder.glob("*.jsonl"))) > before:
                break
            time.sleep(0.002)
        if kills < 10 and process.poll() is None:
            time.sleep(chance.uniform(0, 0.05))
            os.kill(process.pid, signal.SIGKILL)
            kills += 1
        process.wait(120)
        if output.exists():
            break
        # The workers of a killed process end by themselves, and leave no file that isn't whole.
        assert all(len(line) > 2 for done in folder.glob("*.jsonl") for line in done.read_text().splitlines())
    assert kills >= 3
    assert output.read_bytes() == whole.read_bytes()
    assert not folder.exists()
