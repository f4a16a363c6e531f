"""Tells an error that says what the machine is short of from one that says that files are damaged."""

from __future__ import annotations

import errno
import mmap
import os
import re

from moviesearch.errors import StoreError

_SHORTAGES = {errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.ENOSPC, getattr(errno, "EDQUOT", -1)}

_CODE = re.compile(r"os error (\d+)|Os \{ code: (\d+)")
"""How Rust tells an error of the system, to people and to programmers."""

_FOR_AN_ENGINE, _FOR_A_THREAD = 32_000_000, 2_000_000
"""Bytes of address space that Chroma's engine and each of its threads, one a core, take up when it is opened."""


def is_shortage(error: BaseException) -> bool:
    """Whether an error of Rust code says that memory, threads, open files or space ran out. That is no damage."""
    return any(int(shown or debugged) in _SHORTAGES for shown, debugged in _CODE.findall(str(error)))


def require_memory(where: str) -> None:
    """Raise StoreError where there is not enough for Chroma's engine, which hangs where it can't start its threads."""
    try:
        mmap.mmap(-1, _FOR_AN_ENGINE + _FOR_A_THREAD * (os.cpu_count() or 1)).close()
    except (OSError, MemoryError) as error:
        raise StoreError(f"there is not enough memory to open {where}; free some, or allow more") from error
