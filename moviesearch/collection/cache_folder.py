"""The cache folder: what can be made again, and is kept so that it need not be."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from moviesearch.errors import not_text

if TYPE_CHECKING:
    import tempfile


class CacheFolder:
    """A cache folder, or one in its place where it can't be written. For several threads.

    `note` is told once that another one is used. `path` is the folder that was asked for.
    """

    def __init__(self, path: Path, note: Callable[[str], None]) -> None:
        self.path, self._note = path, note
        self._lock = threading.Lock()
        self._spare: tempfile.TemporaryDirectory[str] | None = None
        self._is_writable = False

    def to_write(self) -> Path:
        """A folder that is there and can be written: the cache, or one that is removed by `close`. Raises OSError."""
        with self._lock:
            if self._spare is None and not self._is_writable:
                try:
                    _try_writing(self.path)
                    self._is_writable = True
                except OSError as error:
                    import tempfile

                    self._spare = tempfile.TemporaryDirectory(prefix="moviesearch-", ignore_cleanup_errors=True)
                    self._note(
                        f"the cache folder {self.path} can't be written ({error.strerror or error}), so that what goes "
                        "there is made for this run alone; MOVIESEARCH_CACHE names another folder"
                    )
            return self.path if self._spare is None else Path(self._spare.name)

    @property
    def is_spare(self) -> bool:
        """Whether another folder has taken the place of the cache."""
        return self._spare is not None

    def close(self) -> None:
        """Remove the folder that took the cache's place, if there is one."""
        with self._lock:
            if self._spare is not None:
                self._spare.cleanup()
                self._spare = None


def _try_writing(folder: Path) -> None:
    """Raise OSError where nothing can be written into a folder, which is made if need be."""
    import tempfile

    if fault := not_text(str(folder)):
        raise OSError(f"its name {fault}")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass
