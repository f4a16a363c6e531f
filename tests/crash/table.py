"""The table of docs/reliability.md from what the tests noted: CRASH_REPORT=FILE pytest ...; python table.py FILE."""

import json
import statistics
import sys
from collections import defaultdict
from pathlib import Path

tries = defaultdict(list)
for name in sys.argv[1:]:
    for line in Path(name).read_text(encoding="utf-8").splitlines():
        told = json.loads(line)
        tries[told["fault"], told["ended"]].append(told["seconds"])

print("| fault | tried | how it ended | first answer afterwards: median, longest |")
print("| --- | ---: | --- | ---: |")
for (fault, ended), seconds in sorted(tries.items()):
    took = f"{statistics.median(seconds):.1f} s, {max(seconds):.1f} s" if ended == "recovered" else ""
    print(f"| {fault} | {len(seconds)} | {ended} | {took} |")
