"""Tells whether the machine has been started since: what was not synced to the disk before that may be gone."""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from pathlib import Path
from uuid import uuid4


@cache
def boot_id() -> str:
    """A text that stays the same until the machine is started again; a new one each time where it has none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return _of_a_mac() or uuid4().hex


def _of_a_mac() -> str:
    if sys.platform != "darwin":
        return ""
    value, size = ctypes.create_string_buffer(64), ctypes.c_size_t(64)
    if ctypes.CDLL(None).sysctlbyname(b"kern.bootsessionuuid", value, ctypes.byref(size), None, 0):
        return ""
    return value.value.decode("ascii")
