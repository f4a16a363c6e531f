"""A lock on an open file, for one holder or for several that share it; the system frees those of a process that dies.

On POSIX it is `flock`, as portalocker takes it. That library does it on Windows; importing it takes longer than a
search may spend on locks.
"""

from __future__ import annotations

import errno
import os
from typing import IO, Any


def take(file: IO[Any], *, shared: bool) -> bool:
    """Take the lock of a file at once; False where others hold it. Raises OSError where the file can't be locked."""
    if os.name != "posix":
        return _take_by_portalocker(file, shared=shared)
    import fcntl

    try:
        fcntl.flock(file.fileno(), (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EAGAIN):
            return False
        raise
    return True


def free(file: IO[Any]) -> None:
    """Give the lock of a file back."""
    if os.name != "posix":
        import portalocker

        portalocker.unlock(file)
        return
    import fcntl

    fcntl.flock(file.fileno(), fcntl.LOCK_UN)


def _take_by_portalocker(file: IO[Any], *, shared: bool) -> bool:
    import portalocker

    kind = portalocker.LockFlags.SHARED if shared else portalocker.LockFlags.EXCLUSIVE
    try:
        portalocker.lock(file, kind | portalocker.LockFlags.NON_BLOCKING)
    except portalocker.LockException:
        return False
    return True
