"""The folder that --store names: what can be one, and why nothing can be kept in another."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

from moviesearch.config import home_expanded
from moviesearch.errors import StoreError, UsageError, not_text

from .server.address import address_without_scheme

_OWN_FILES = re.compile(
    r"(?:films\.sqlite3|chroma-\d|lexical-\d|tokens-\d|map\.npz|seen\.jsonl|writer\.lock|gate\.lock).*", re.DOTALL
)
"""Names of what lies in a collection's folder, drafts and what was set aside included."""


def store_folder(store: str) -> Path:
    """The folder of a value of --store, whether it is there or not. Raises UsageError for what names none."""
    if fault := not_text(store):
        raise UsageError(f"--store {fault}: give the folder another name, since Chroma takes texts alone")
    if "\0" in store:
        raise UsageError("--store holds a zero character, and no folder's name may")
    if not os.path.isdir(store) and (address := address_without_scheme(store)):
        shown = store.rpartition("@")[2]  # no password
        raise UsageError(f"there is no folder {shown}; did you mean {address}? For a new folder write ./{shown}")
    return home_expanded(store)


def require_usable(folder: Path) -> None:
    """Raise StoreError where a collection's folder, or the store that it lies in, is none or can't be looked into."""
    for path, what in ((folder.parent, "the store"), (folder, "the collection's folder")):
        if reason := _why_unusable(path):
            raise StoreError(
                f"{what} {path} {reason}. --store takes a folder that may be read and written: check the path, "
                "its permissions and its links"
            )


def _why_unusable(path: Path) -> str | None:
    """Why nothing can be kept in a path, to be put after it; None for a folder, or where nothing is yet."""
    try:
        os.listdir(path)
    except FileNotFoundError:
        return f"is a link to {os.readlink(path)}, where nothing is" if path.is_symlink() else None
    except NotADirectoryError:
        return "is a file, not a folder" if path.exists() else "lies in a file, not in a folder"
    except OSError as error:
        reason = "its links go in a circle" if error.errno == errno.ELOOP else error.strerror
        return f"can't be looked into ({reason})"
    return None if os.access(path, os.X_OK) else f"can't be looked into ({os.strerror(errno.EACCES)})"


def require_own(folder: Path) -> None:
    """Raise StoreError where a collection is to be made in a folder of other files: a person's, or a program's."""
    try:
        names = sorted(name for name in os.listdir(folder) if not name.startswith(".") and name != "lost+found")
    except FileNotFoundError:
        return
    if names and not any(map(_OWN_FILES.fullmatch, names)):
        raise StoreError(
            f"{folder} holds other files ({names[0]!r}, ...), and no collection is mixed with them: "
            "name another --store, or another --collection"
        )


def hint_at(store: Path) -> str:
    """What a folder without the collection holds instead, as a sentence to go on with; empty where it can't be told."""
    if (store / "films.sqlite3").exists():
        return f" It is a collection itself: --store {store.parent} --collection {store.name}."
    if (store / "chroma.sqlite3").exists():
        return f" It holds Chroma's own files: `chroma run --path {store}` serves them, and --store takes its address."
    return ""
