"""What a disk may hold after the current is lost: all that was synced, and any part of what was not.

A file's content is on the disk when the file was synced, a name when its folder was synced; each alone, as POSIX has
it. What was not synced may be there in part: some pages of a write, one name and not another. A rename is there or not.
"""

import os
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from calls import Record


@dataclass
class File:
    """A file: its content on the disk, and the writes and truncations that were not synced."""

    synced: bytearray = field(default_factory=bytearray)
    changed: int = 0
    """When, as of the last sync, in ns."""
    pending: list = field(default_factory=list)


@dataclass(frozen=True)
class Naming:
    """A name that came or went and was not synced: the folders, and (folder, name, file or None) to be set in turn."""

    folders: frozenset
    sets: tuple
    needs: tuple | None = None
    """(folder, name, file) that has to be there for a rename to be."""


class Disk:
    """A folder, as it was to begin with, to which records are applied."""

    def __init__(self, root: Path) -> None:
        self.root = str(root)
        self._made = 0
        self._nodes: dict[int, int] = {}  # inode -> a number of our own, since a file system gives inodes again
        self.files: dict[int, File] = {}
        self.names: dict[int, dict[str, int]] = {}  # of each folder, as they are now
        self.synced_names: dict[int, dict[str, int]] = {}
        self.pending_names: list[Naming] = []
        self.mapped: set[str] = set()
        self.top = self._node(os.stat(root).st_ino)
        for folder, folders, files in os.walk(root):
            inode = self._node(os.stat(folder).st_ino)
            names = {name: self._node(os.stat(os.path.join(folder, name)).st_ino) for name in (*folders, *files)}
            self.names[inode], self.synced_names[inode] = names, dict(names)
            for name in files:
                path = Path(folder, name)
                self.files[names[name]] = File(bytearray(path.read_bytes()), path.stat().st_mtime_ns)

    def _node(self, inode: int, *, new: bool = False) -> int:
        if new or inode not in self._nodes:
            self._nodes[inode] = self._made = self._made + 1
        return self._nodes[inode]

    def _place(self, path: str) -> tuple[int, str]:
        """(folder, name) of a path."""
        folder, *parts = self.top, *path.removeprefix(self.root).strip("/").split("/")
        for part in parts[:-1]:
            folder = self.names[folder][part]
        return folder, parts[-1]

    def apply(self, records: Iterable[Record]) -> None:
        """Take in changes, none of them on the disk yet, and syncs."""
        for record in records:
            self._apply(record)

    def _apply(self, record: Record) -> None:
        inode = self._node(record.inode, new=record.op in "CM") if record.op not in "UP" else 0
        match record.op:
            case "C" | "M" | "L":
                place = self._place(record.other or record.path)
                if record.op == "C":
                    self.files[inode] = File()
                if record.op == "M":
                    self.names[inode], self.synced_names[inode] = {}, {}
                self._name(Naming(frozenset([place[0]]), ((*place, inode),)))
            case "U":
                place = self._place(record.path)
                self._name(Naming(frozenset([place[0]]), ((*place, None),)))
            case "R":
                source, target = self._place(record.path), self._place(record.other)
                sets = ((*source, None), (*target, inode))
                self._name(Naming(frozenset([source[0], target[0]]), sets, (*source, inode)))
            case "W":
                self.files[inode].pending.append((record.offset, record.data))
            case "T":
                self.files[inode].pending.append((record.offset, None))
            case "S":
                self._sync(inode, record.offset)
            case "P":
                self.mapped.add(record.path)

    def _name(self, naming: Naming) -> None:
        _set(self.names, naming)
        self.pending_names.append(naming)

    def _sync(self, inode: int, changed: int) -> None:
        if inode in self.files:
            file = self.files[inode]
            file.synced, file.changed, file.pending = _content(file.synced, file.pending), changed, []
        for naming in self.pending_names:
            if inode in naming.folders:
                _set(self.synced_names, naming)
        self.pending_names = [naming for naming in self.pending_names if inode not in naming.folders]

    def read(self, path: str) -> bytes | None:
        """What a process reads in a file as long as there is current; None where there is no file."""
        folder, name = self._place(path)
        file = self.files.get(self.names[folder].get(name, 0))
        return file and bytes(_content(file.synced, file.pending))

    # what may be left

    def leave(self, folder: Path, how: str, chance: random.Random) -> None:
        """Write what the disk may hold into a folder.

        `how` says what is there of what was not synced: "nothing", "all", "names" (files without content), "content"
        (files without names), "a beginning" (names up to some moment, as of a journal, and any pages), "any".
        """
        names = {inode: dict(entries) for inode, entries in self.synced_names.items()}
        share = chance.choice((0.1, 0.5, 0.9))
        if how == "a beginning":
            kept: Iterable[Naming] = self.pending_names[: chance.randint(0, len(self.pending_names))]
        elif how == "any":
            kept = [naming for naming in self.pending_names if chance.random() < share]
        else:
            kept = self.pending_names if how in ("all", "names") else []
        for naming in kept:
            if naming.needs is None or names[naming.needs[0]].get(naming.needs[1]) == naming.needs[2]:
                _set(names, naming)
        page = chance.choice((512, 4096))
        self._write(folder, self.top, names, how, lambda: chance.random() < share, page)

    def _write(self, folder: Path, inode: int, names: dict, how: str, chosen, page: int) -> None:
        folder.mkdir(exist_ok=True)
        for name, child in names[inode].items():
            if child in self.names:
                self._write(folder / name, child, names, how, chosen, page)
                continue
            file = self.files[child]
            pending = file.pending if how in ("all", "content") else []
            if how in ("a beginning", "any"):
                pending = [part for change in file.pending for part in _torn(change, page) if chosen()]
            content = _content(file.synced, pending)
            if name.endswith("-shm") and how != "all":  # SQLite writes it through a mapping, which nobody syncs
                content = bytearray(random.Random(child).randbytes(len(content)))
            (folder / name).write_bytes(content)
            if not pending:  # no sign that it has changed
                os.utime(folder / name, ns=(file.changed, file.changed))

    def differs(self) -> list[str]:
        """The files that are not as the records say, by the folder itself: calls that were not seen."""
        wrong, seen = [], set()
        stack = [(self.root, self.top)]
        while stack:
            folder, inode = stack.pop()
            for name, child in self.names[inode].items():
                path = os.path.join(folder, name)
                seen.add(path)
                if child in self.names:
                    stack.append((path, child))
                elif path not in self.mapped and (
                    not os.path.exists(path)
                    or Path(path).read_bytes() != _content(self.files[child].synced, self.files[child].pending)
                ):
                    wrong.append(path)
        for folder, folders, files in os.walk(self.root):
            wrong += [path for name in (*folders, *files) if (path := os.path.join(folder, name)) not in seen]
        return wrong


def _set(names: dict, naming: Naming) -> None:
    for folder, name, inode in naming.sets:
        if inode is None:
            names[folder].pop(name, None)
        else:
            names[folder][name] = inode


def _content(synced: bytearray, changes: Iterable) -> bytearray:
    content = bytearray(synced)
    for offset, data in changes:
        if data is None:
            content = content[:offset] + bytes(max(0, offset - len(content)))
            continue
        if len(content) < offset:
            content += bytes(offset - len(content))
        content[offset : offset + len(data)] = data
    return content


def _torn(change: tuple, page: int):
    """A write by the pages of the disk; a truncation as it is."""
    offset, data = change
    if data is None:
        yield change
        return
    at = 0
    while at < len(data):
        size = min(page - (offset + at) % page, len(data) - at)
        yield offset + at, data[at : at + size]
        at += size
