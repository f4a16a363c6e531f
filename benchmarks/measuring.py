"""What the benchmarks share: what they ran on, times of commands and calls, tables."""

from __future__ import annotations

import contextlib
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = 2048
"""Rows and columns of the float32 matrices whose product is the machine's peak."""


def peak_gflops(rounds: int = 10) -> float:
    """The float32 matrix product that numpy's BLAS reaches here with all cores, in GFLOP/s."""
    square = np.random.default_rng(0).random((PRODUCT, PRODUCT), np.float32)
    square @ square
    return max(2 * PRODUCT**3 / timed(lambda: square @ square) / 1e9 for _ in range(rounds))


def made(*libraries: str) -> str:
    """The machine, how busy it is, the versions and the commit, in one line."""
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    parts = [
        f"{platform.machine()}, {os.cpu_count()} cores, {peak_gflops():.0f} GFLOP/s, load before {load}",
        f"Python {platform.python_version()}",
        *(f"{library} {version(library)}" for library in libraries),
        f"commit {commit()}",
        f"{datetime.now(UTC):%Y-%m-%d}",
    ]
    return "; ".join(parts) + "."


def commit() -> str:
    """The commit of this checkout, and whether the package differs from it."""
    try:
        name = _git("rev-parse", "--short", "HEAD")
        changed = _git("status", "--porcelain", "--", "moviesearch")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{name} with changes" if changed else name


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def timed(call: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def turns(calls: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each call in each round, one after the other within a round, so that all meet the same machine."""
    found: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            found[name].append(timed(call))
    return found


def command(*arguments: str | Path, **environment: str) -> Callable[[], object]:
    """A command to be timed; it must succeed."""

    def run() -> None:
        done = subprocess.run(
            [str(part) for part in arguments],
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            sys.exit(f"{' '.join(str(part) for part in arguments)} failed:\n{done.stderr}")

    return run


def p50(values: Sequence[float]) -> float:
    """The median."""
    return statistics.median(values)


def p95(values: Sequence[float]) -> float:
    """The 95th percentile."""
    return float(np.percentile(values, 95))


def resident_mb() -> float:
    """The memory that this process has in RAM now, in MB; where that can't be read, the most it has had."""
    with contextlib.suppress(OSError):
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return float(status.partition("VmRSS:")[2].split()[0]) / 1e3
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1e6 if sys.platform == "darwin" else 1e3)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Markdown; the first column to the left, the others to the right."""
    lines = [f"| {' | '.join(head)} |", f"|---|{'--:|' * (len(head) - 1)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])
