"""What is kept beside films, in the crash tests: marks of films seen, the files that films came from, backups.

The works are done like those of `acts`; each says in `.stored` what it has done, as soon as that is acknowledged.
"""

import os
import time
from pathlib import Path

from story import FIRST, VERSIONS, plot
from support.hash_encoder import SETTING, HashEncoder
from support.nfo import write_nfo

import moviesearch.collection.stamped_files
from moviesearch import MovieSearch
from moviesearch.collection.backup import opened
from moviesearch.errors import StoreError
from moviesearch.records import FilmFile
from moviesearch.sources.media_folder import read_folder

# marks

CHANGES = (
    ("", ("f1", "f2"), (), True),
    ("anna", ("f1",), (), True),
    ("", (), (("The Unknown", 1950), ("Never Seen", None)), True),
    ("", ("f2",), (), False),
    ("anna", ("f3", "f4", "f5"), (), True),
    ("", ("f1",), (("The Unknown", 1950), ("Never Seen", None)), False),
    ("anna", ("f1", "f3", "f4", "f5"), (), False),
    ("anna", ("f6",), (), True),
    ("bo", ("f7", "f8"), (("Never Seen", None),), True),
    ("anna", ("f6", "f9"), (), True),
)
"""What people say, one after the other: (person, films, titles, whether they have seen them). Once nothing is left."""

PEOPLE = ("", "anna", "bo")


def marks_after(count):
    """What each person has seen after so many of the changes, as `MovieSearch.seen` tells it: (title, year, film)."""
    seen = {person: {} for person in PEOPLE}
    known = {film.id: film for film in FIRST}
    for person, films, titles, is_seen in CHANGES[:count]:
        said = [(known[film].title, known[film].year, film) for film in films]
        for one in (*said, *((title, year, None) for title, year in titles)):
            if is_seen:
                seen[person][one] = None
            else:
                del seen[person][one]
    return {person: sorted(([*one] for one in marks), key=str) for person, marks in seen.items()}


def mark(store, out):
    """Make the changes; the number of each goes to `.stored` when it is made."""
    stored = out.with_suffix(".stored").open("a")
    with MovieSearch(store, encoder=HashEncoder()) as search:
        for number, (person, films, titles, is_seen) in enumerate(CHANGES, 1):
            change = search.mark_seen if is_seen else search.unmark_seen
            change(films, titles=titles, person=person)
            stored.write(f"{number}\n")
            stored.flush()


def look_at_marks(store, out):
    """What `look` tells, and the marks; then one more mark is made, and read by a new process's eyes."""
    import acts

    with MovieSearch(store, encoder=HashEncoder()) as search:
        marks = _marks(search)
        search.mark_seen("f10", person="one more")
    with MovieSearch(store, encoder=HashEncoder()) as search:
        kept = {"marks": _marks(search), "more": sorted(search.seen_ids("one more"))}
    seen = acts.look(store, out)
    if kept != {"marks": marks, "more": ["f10"]}:
        seen["wrong"].append(f"after one more mark: {kept}, where there was {marks}")
    return seen | {"marks": marks}


def _marks(search):
    return {
        person: sorted(([film.title, film.year, film.film] for film in search.seen(person)), key=str)
        for person in PEOPLE
    }


def require_marks(seen, stored, *, finished=False):
    """All that was acknowledged is marked, and of the next change all or nothing."""
    count = int(stored[-1]) if stored else 0
    assert count == len(CHANGES) or not finished
    assert seen["marks"] in (marks_after(count), marks_after(count + 1)), f"after {count} changes: {seen['marks']}"


# a folder of films

_OLD, _NEW = 0, 1
_BEGAN = 1_700_000_000
SHELVES = (
    {f"Film {number}": plot(number) for number in range(10)},
    {f"Film {number}": plot(number, number % 2) for number in range(2, 12)},
)
"""The films of a folder, title -> plot, as they are first and then: some changed, some went and some came."""


def fill(folder, version):
    """Make the folder as it is in a version."""
    folder = Path(folder)
    for number, title in enumerate(sorted({*SHELVES[_OLD], *SHELVES[_NEW]})):
        file, told = folder / title / "movie.nfo", SHELVES[version].get(title)
        if told is None:
            file.unlink(missing_ok=True)
        elif not file.exists() or told != SHELVES[1 - version].get(title):
            write_nfo(file, title, plot=told)
            os.utime(file, (_BEGAN + version * 1000, _BEGAN + version * 1000 + number))


def shelve(store, out, folder):
    """Take in a folder of films; titles go to `.stored` as their films are in."""
    stored = out.with_suffix(".stored").open("a")
    put = moviesearch.collection.stamped_files.StampedFiles.put

    def telling(parts, films):
        put(parts, films)
        stored.write("".join(f"{film.entry.movie.title}\n" for film in films).replace(" ", "_"))
        stored.flush()

    moviesearch.collection.stamped_files.StampedFiles.put = telling
    try:
        return {"read": _shelved(store, folder)}
    finally:
        moviesearch.collection.stamped_files.StampedFiles.put = put


def _shelved(store, folder):
    """Take in a folder, and have what is gone go; how many of its files were opened."""
    with MovieSearch(store, encoder=HashEncoder()) as search:
        items = list(read_folder(str(folder), search.film_files(), on_note=lambda note: None))
        search.ingest(items, setting=SETTING, prune=lambda count: True)
    return sum(isinstance(item, FilmFile) and item.is_read for item in items)


def look_at_shelf(store, out, folder):
    """The films by title, as they were left; then the folder is read again, and all of it must be there."""
    wrong, began = [], time.perf_counter()

    def films():
        with MovieSearch(store, encoder=HashEncoder()) as search:
            if not search.exists():
                return {}
            search.info()  # opens it, and finishes what was left unfinished
            wrong.extend([said] if (said := search.verify()) else [])
            return {entry.movie.title: entry.movie.plot for entry in search._collection.ledger.entries()}

    left, seconds = films(), time.perf_counter() - began
    _shelved(store, folder)
    if films() != SHELVES[_NEW]:
        wrong.append(f"after the folder was read again there are {sorted(films())}")
    if read := _shelved(store, folder):
        wrong.append(f"{read} files are read though nothing has changed")
    return {"films": left, "wrong": wrong, "seconds": seconds}


def require_shelf(seen, stored, *, finished=False):
    """Each film is as the folder told it before or tells it now, and what was acknowledged as it does now."""
    assert seen["wrong"] == []
    old, new = SHELVES
    titles = {title.replace("_", " ") for title in stored}
    for title in {*old, *new, *seen["films"]}:
        may_be = {new.get(title)} if finished or title in titles else {old.get(title), new.get(title)}
        assert seen["films"].get(title) in may_be, f"{title} is {seen['films'].get(title)!r}, not one of {may_be}"


# backups

VERSION_MARKED = "few"
"""Of the versions that are backed up, the one with marks: all `CHANGES`."""


def look_at_backup(store, out, file):
    """What `look` tells; and of each file of that name or with an addition to it, of which version all its films are.

    None is a file that is refused. One that isn't is restored to a collection of its own, which must be whole.
    """
    import acts

    seen, found = acts.look(store, out), {}
    for path in sorted(Path(file).parent.glob(f"{Path(file).name}*")):
        try:
            with opened(path) as backup:
                rows = backup.rows(list(backup.fingerprints()))
                films = [row.entry.movie for row in rows]
        except StoreError:
            found[path.name] = None
            continue
        by_id = {film.id: film for film in films}
        known = (name for name, version in VERSIONS.items() if by_id == {film.id: film for film in version})
        found[path.name] = next(known, "half a version")
        collection = f"restored-{len(found)}"
        with MovieSearch(store, collection, encoder=HashEncoder()) as search:
            search.restore(path)
            marks = _marks(search)
        restored = acts.look(store, out, collection=collection)
        if restored["wrong"] or {*restored["films"]} != {*by_id}:
            seen["wrong"].append(f"restored from {path.name}: {restored['wrong'] or sorted(restored['films'])}")
        if found[path.name] == VERSION_MARKED and marks != marks_after(len(CHANGES)):
            seen["wrong"].append(f"restored from {path.name}: other marks, {marks}")
    return seen | {"backups": found}


def require_backup(seen, before, after, *, finished):
    """Under its name is the backup that was, or the whole new one; a draft is refused, or whole."""
    backups = dict(seen["backups"])
    assert backups.pop("films.backup", "nothing") in ({after} if finished else {before, after}), seen["backups"]
    assert {*backups.values()} <= {None, after}, seen["backups"]
