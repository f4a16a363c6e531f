"""Load on `moviesearch serve`: latency alone and among clients, errors, memory.

    python benchmarks/load.py STORE [--queries FILE.jsonl] [--requests 5000] [--clients 8]

Starts a server of its own on loopback, warms it, asks one query after another from one client, then
`--requests` from `--clients` at once, and writes a table. The client's own work shares the machine.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from moviesearch.config import BUNDLED_QUERIES


@contextmanager
def serving(store: str) -> Iterator[tuple[int, int]]:
    """(process id, port) of a server on loopback."""
    command = [sys.executable, "-m", "moviesearch", "serve", "--store", store, "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        try:
            for line in process.stderr:
                if found := re.search(r"is served at http://[^:]+:(\d+)", line):
                    break
            else:
                raise SystemExit("the server did not start")
            threading.Thread(target=process.stderr.read, daemon=True).start()  # so that it can go on writing
            yield process.pid, int(found[1])
        finally:
            process.terminate()


def ask(connection: http.client.HTTPConnection, path: str) -> tuple[float, int]:
    """(seconds, status) of one request on an open connection; status 0 where it broke."""
    began = time.perf_counter()
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
        return time.perf_counter() - began, response.status
    except (OSError, http.client.HTTPException):
        connection.close()
        return time.perf_counter() - began, 0


def run(port: int, paths: list[str], clients: int, each: int) -> tuple[list[float], Counter[int], float]:
    """(seconds of each request, statuses, seconds in all)."""
    seconds: list[float] = []
    statuses: Counter[int] = Counter()
    lock = threading.Lock()

    def client(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        mine = [ask(connection, paths[(number * 7919 + turn) % len(paths)]) for turn in range(each)]
        connection.close()
        with lock:
            seconds.extend(took for took, _ in mine)
            statuses.update(status for _, status in mine)

    began = time.perf_counter()
    threads = [threading.Thread(target=client, args=[number]) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seconds, statuses, time.perf_counter() - began


def resident(process: int) -> float:
    """Megabytes that a process holds in memory."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]


def part(seconds: list[float], share: float) -> float:
    """A quantile, in milliseconds."""
    return statistics.quantiles(seconds, n=1000, method="inclusive")[round(share * 1000) - 1] * 1000


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store")
    parser.add_argument("--queries", type=Path, default=BUNDLED_QUERIES)
    parser.add_argument("--requests", type=int, default=5000)
    parser.add_argument("--clients", type=int, default=8)
    arguments = parser.parse_args()
    queries = [json.loads(line)["query"] for line in arguments.queries.read_text(encoding="utf-8").splitlines()]
    paths = [f"/api/search?plot={quote(query)}" for query in queries if len(query) < 4000]
    each = max(1, arguments.requests // arguments.clients)
    with serving(arguments.store) as (process, port):
        run(port, ["/ready"], 1, 1)
        run(port, paths, 2, min(len(paths), 50))
        alone, first, _ = run(port, paths, 1, min(len(paths), max(20, arguments.requests // 25)))
        before = resident(process)
        halves = []
        for _ in range(2):
            halves.append(run(port, paths, arguments.clients, max(1, each // 2)))
        after = resident(process)
    together = [took for seconds, _, _ in halves for took in seconds]
    statuses = first + halves[0][1] + halves[1][1]
    print(f"{len(paths)} queries on {os.cpu_count()} cores\n")
    print("| clients | requests | p50 | p95 | p99 | requests a second |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: |")
    print(
        f"| 1 | {len(alone)} | {part(alone, 0.5):.0f} ms | {part(alone, 0.95):.0f} ms | {part(alone, 0.99):.0f} ms | |"
    )
    rate = len(together) / sum(took for _, _, took in halves)
    shown = " | ".join(f"{part(together, share):.0f} ms" for share in (0.5, 0.95, 0.99))
    print(f"| {arguments.clients} | {len(together)} | {shown} | {rate:.0f} |")
    print(f"\np95 of {arguments.clients} over p50 of 1: {part(together, 0.95) / part(alone, 0.5):.1f}")
    print("statuses: " + ", ".join(f"{status}: {count}" for status, count in sorted(statuses.items())))
    print(f"memory before and after: {before:.0f} MB, {after:.0f} MB")
    if set(statuses) != {200}:
        sys.exit(1)


if __name__ == "__main__":
    main()
