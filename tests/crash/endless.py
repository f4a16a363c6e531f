"""Histories without end: random steps on stores, with processes killed at any moment. What goes wrong is kept.

    python tests/crash/endless.py SEED [--hours H] [--folder FOLDER]

Each history is 30 steps on a new store. Of one that goes wrong FOLDER keeps the store as it was found, the steps as a
script, and what was wrong. Ctrl-C ends it; it prints what it did every minute and at the end, and its exit status is 1
where anything went wrong. The same seed makes the same histories, but for kills whose moment is told in seconds.
"""

import argparse
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from possible import STEPS, Some  # noqa: E402
from world import World  # noqa: E402

LENGTH = 30
LONGEST = 0.5
"""Seconds after which a process is killed, at most; most steps are over by then."""


def main():
    """Run until the time is over or Ctrl-C; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seed")
    parser.add_argument("--hours", type=float, default=float("inf"))
    parser.add_argument("--folder", type=Path, help="where stores lie and are kept; a folder in /tmp by default")
    told = parser.parse_args()
    folder = told.folder or Path(tempfile.mkdtemp(prefix="endless-"))
    folder.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    began = said = time.monotonic()
    histories = steps = kills = damages = finds = 0
    longest = 0.0

    def tell():
        print(
            f"{(time.monotonic() - began) / 3600:.2f} hours, {histories:,} histories, {steps:,} steps, {kills:,} kills,"
            f" {damages:,} files damaged, {finds} finds; longest first answer {longest:.1f} s",
            flush=True,
        )

    try:
        while time.monotonic() - began < told.hours * 3600:
            name = f"{told.seed}-{histories}"
            world, wrong = history(folder / name, random.Random(name))
            histories, steps, kills = histories + 1, steps + len(world.lines), kills + world.kills
            damages, longest = damages + world.damages, max(longest, world.longest)
            if wrong:
                finds += 1
                print(f"{folder / name}: {_last_line(wrong)}", flush=True)
            if time.monotonic() - said > 60:
                said = time.monotonic()
                tell()
    except KeyboardInterrupt:
        pass
    tell()
    return 1 if finds else 0


def history(folder, chance):
    """One history: its world, and what was wrong (a traceback) or None. A folder stays where anything was."""
    folder.mkdir()
    world = World(folder)
    try:
        for _ in range(LENGTH):
            step = chance.choice(list(STEPS))
            getattr(world, step)(**{name: _drawn(may_be, chance) for name, may_be in STEPS[step].items()})
        world.end()
    except Exception:
        wrong = traceback.format_exc()
        (folder / "wrong.txt").write_text(wrong, encoding="utf-8")
        (folder / "history.py").write_text(world.script(), encoding="utf-8")
        return world, wrong
    except BaseException:
        world.close()
        shutil.rmtree(folder, ignore_errors=True)
        raise
    finally:
        world.close()
    shutil.rmtree(folder)
    return world, None


def _last_line(text):
    return text.strip().splitlines()[-1]


def _drawn(may_be, chance):
    if isinstance(may_be, Some):
        return sorted(chance.sample(may_be.of, chance.randint(1, len(may_be.of))))
    drawn = chance.choice(may_be)
    return round(chance.random() * LONGEST, 3) if isinstance(drawn, tuple) and chance.random() < 0.5 else drawn


if __name__ == "__main__":
    sys.exit(main())
