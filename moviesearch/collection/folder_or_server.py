"""Which collection settings name: one in a folder, or one on a server."""

from __future__ import annotations

import re
from collections.abc import Callable

from moviesearch.config import Settings
from moviesearch.errors import UsageError
from moviesearch.storage.place import store_folder
from moviesearch.storage.server.address import is_server, server

from .base import Collection
from .encoder_loader import EncoderLoader


def collection_of(settings: Settings, encoders: EncoderLoader, note: Callable[[str], None]) -> Collection:
    """The collection that the settings name; nothing is opened yet. Raises UsageError for a name that can't be one."""
    name = _checked_name(settings.collection)
    if is_server(settings.store):
        from .on_server import ServerCollection

        return ServerCollection(server(settings.store), settings, name, encoders, note)
    from .in_folder import FolderCollection

    return FolderCollection(store_folder(settings.store), name, encoders.that_made, note)


def _checked_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?!\.)){1,398}[A-Za-z0-9]", name):
        raise UsageError(
            f"{name!r} can't be a collection's name: 3 to 400 letters, digits, '.', '_' or '-', "
            "beginning and ending with a letter or digit"
        )
    return name
