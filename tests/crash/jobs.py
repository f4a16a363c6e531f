"""Processes that do works of `acts` with the library of calls.c in them.

As a program: reads jobs from standard input, a line of JSON each, does each in a process forked from this one, which
has imported everything, and answers with a line: how it ended.
"""

import contextlib
import ctypes
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_HERE = Path(__file__).parent

PATIENCE = 60
"""Seconds that a work may take."""


class Workers:
    """As many processes as there are cores. They are started once and used by all threads."""

    def __init__(self, library: Path, count: int | None = None) -> None:
        self.count = count or os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(self.count)
        self._local = threading.local()
        self._library = library
        self._servers: list[subprocess.Popen] = []

    def map(self, task, items) -> list:
        """`task` of each item, several at a time."""
        return list(self._pool.map(task, items))

    def _server(self) -> subprocess.Popen:
        if not hasattr(self._local, "server"):
            paths = [str(_HERE), str(_HERE.parent), os.environ.get("PYTHONPATH", "")]
            self._local.server = subprocess.Popen(
                [sys.executable, __file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=os.environ | {"LD_PRELOAD": str(self._library), "PYTHONPATH": os.pathsep.join(paths)},
            )
            self._servers.append(self._local.server)
        return self._local.server

    def run(self, work, store, out, *, control=None, patience=PATIENCE, **told) -> dict:
        """Do a work. What it returned or why it failed, with `code`, `seconds`, `printed` and the ids it `stored`."""
        server, out = self._server(), Path(out)
        job = {"work": work, "store": str(store), "out": str(out), "told": told, "patience": patience}
        print(json.dumps(job | {"control": control and str(control)}), file=server.stdin, flush=True)
        ended = json.loads(server.stdout.readline())
        if out.exists() and out.stat().st_size:
            ended |= json.loads(out.read_text())
        stored, printed = out.with_suffix(".stored"), out.with_suffix(".printed")
        ended["stored"] = stored.read_text().split() if stored.exists() else []
        ended["printed"] = printed.read_text(errors="replace")
        return ended

    def close(self) -> None:
        """End the processes."""
        self._pool.shutdown()
        for server in self._servers:
            server.communicate()  # without more jobs it ends


# in the processes


def serve() -> None:
    """Do jobs until there are no more."""
    import acts  # noqa: F401  all that a work needs
    import chromadb_rust_bindings  # noqa: F401

    for line in sys.stdin:
        job = json.loads(line)
        began = time.monotonic()
        child = os.fork()
        if child == 0:
            try:
                os.setsid()
                _do(job)
            finally:
                os._exit(0)
        print(json.dumps(_await(child, began + job["patience"]) | {"seconds": time.monotonic() - began}), flush=True)


def _await(child: int, deadline: float) -> dict:
    handle = os.pidfd_open(child)
    ended, _, _ = select.select([handle], [], [], max(0, deadline - time.monotonic()))
    os.close(handle)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)  # what it may have left, and itself if it hangs
    _, status = os.waitpid(child, 0)
    return {"code": os.waitstatus_to_exitcode(status) if ended else 0, "hung": not ended}


def _do(job: dict) -> None:
    import acts

    printed = os.open(Path(job["out"]).with_suffix(".printed"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(printed, 1)
    os.dup2(printed, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    if job["control"]:
        ctypes.CDLL(None).calls_begin(os.fsencode(job["control"]))
    subprocess.run = _Checker().run
    acts.act(job["work"], job["store"], job["out"], **job["told"])


class _Checker:
    """Stands in for `subprocess.run` where an index is checked in a process of its own: forks one, which is quicker."""

    def __init__(self) -> None:
        self._ours, theirs = socket.socketpair()
        if os.fork() == 0:
            self._ours.close()
            try:
                self._serve(theirs)
            finally:
                os._exit(0)
        theirs.close()

    def run(self, command, *, timeout, **_):
        self._ours.sendall(json.dumps(command[4:]).encode() + b"\n")
        self._ours.settimeout(timeout)
        try:
            code, _, output = self._ours.recv(1 << 20).partition(b"\n")
        except TimeoutError:
            raise subprocess.TimeoutExpired(command, timeout) from None
        return subprocess.CompletedProcess(command, int(code), output)

    @staticmethod
    def _serve(ours: socket.socket) -> None:
        from moviesearch.collection import check

        while asked := ours.recv(1 << 16):
            reading, writing = os.pipe()
            child = os.fork()
            if child == 0:
                os.dup2(writing, 1)
                code = 1
                try:
                    check.main(*json.loads(asked))
                    sys.stdout.flush()
                    code = 0
                finally:
                    os._exit(code)
            os.close(writing)
            with open(reading, "rb") as file:
                output = file.read()
            _, status = os.waitpid(child, 0)
            ours.sendall(b"%d\n" % os.waitstatus_to_exitcode(status) + output)


if __name__ == "__main__":
    serve()
