"""Random histories of a store: what is in it is always what was stored, whoever died in between.

CRASH_HISTORIES says how many histories there are (1,000), CRASH_STEPS how long each may be (30), CRASH_SEED which they
are. One that fails is made as short as it can be, and printed as a script that does the same again.
"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from crashing import Report
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from possible import STEPS, Some
from world import World

pytestmark = pytest.mark.slow

HISTORIES = int(os.environ.get("CRASH_HISTORIES") or 1000)
PARTS = min(8, HISTORIES)
"""Tests that they are shared out to, so that several cores have something to do."""
SEED = int(os.environ.get("CRASH_SEED") or 0)
LENGTH = int(os.environ.get("CRASH_STEPS") or 30)
_MEMORY = Path("/dev/shm")


class Histories(RuleBasedStateMachine):
    """The steps of `World`, in any order."""

    def __init__(self):
        super().__init__()
        self._folder = tempfile.mkdtemp(prefix="history-", dir=_MEMORY if os.access(_MEMORY, os.W_OK) else None)
        self.world = World(self._folder)

    def teardown(self):
        note(f"As a script (PYTHONPATH=tests/crash:tests python FILE):\n\n{self.world.script()}")
        try:
            self.world.end()
            Report().tell("random history", self.world.longest, steps=len(self.world.lines), kills=self.world.kills)
        finally:
            shutil.rmtree(self._folder)


def _drawn(may_be):
    if isinstance(may_be, Some):
        return st.lists(st.sampled_from(may_be.of), min_size=1, unique=True).map(sorted)
    return st.sampled_from(may_be)


def _rule(step):
    def take(self, **told):
        getattr(self.world, step)(**told)

    take.__name__ = take.__qualname__ = step
    return rule(**{name: _drawn(may_be) for name, may_be in STEPS[step].items()})(take)


for _step in STEPS:
    setattr(Histories, _step, _rule(_step))


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    yield world
    world.close()


@pytest.mark.parametrize("when", ["before", "after"])
def test_reader_beside_a_first_writer_that_dies(world, when):
    """Once a reader had opened the index before there was a collection, it went on without, or took it for damaged."""
    world.beside([5], by=1, kill=("made", 1, when))
    world.beside([5, 6], by=1)
    world.end()


def test_process_that_stays_open_follows_another_model(world):
    """Once it asked that no model be named, where none was."""
    world.ingest([0, 1, 2])
    world.look(by=1)
    world.rebuild("hash-2", by=0)
    world.look(by=1)
    world.ingest([2, 3], 1, by=1)
    world.rebuild("hash", by=1)
    world.ingest([3, 4], 2, by=0, kill=("words", 1, "before"))
    world.look(by=1)
    world.end()


def test_process_that_stays_open_writes_to_the_index_that_another_made(world):
    """Once it wrote words to the folder that was in use before, which was gone."""
    world.ingest([0, 1, 2])
    world.ingest([2, 3], 1, by=1)
    world.repair(by=0)
    world.ingest([3, 4], 2, by=1)
    world.end()


def test_process_that_stays_open_finishes_what_another_left_in_the_index_that_it_made(world):
    """Once it wrote to the folders that were in use before, which were gone."""
    world.ingest([0])
    world.look(by=1)
    world.repair(by=0)
    world.ingest([0, 1, 2, 3, 4, 5], 6, by=0, kill=("pending", 2, "after"))
    world.look(by=1)
    world.end()


@pytest.mark.parametrize("how", ["deleted", "emptied", "overwritten"])
def test_process_that_stays_open_follows_a_ledger_that_another_made_again(world, how):
    world.ingest([0, 1, 2])
    world.look(by=1)
    world.damage("ledger", how, beside=True)
    world.look(by=1)
    world.ingest([3, 4], 2, by=0)
    world.look(by=1)
    world.ingest([4, 5], 3, by=1)
    world.end()


def test_ledger_of_a_collection_without_films_is_made_again(world):
    """Once the empty ledger that came in its place was taken for another collection's."""
    world.ingest([])
    world.damage("ledger", "deleted")
    world.ingest([2])
    world.end()


def test_repair_of_what_a_first_run_never_began_says_that_there_is_nothing(world):
    """Once it said that the films are to be ingested with --rebuild."""
    world.ingest([0], kill=("pending", 1, "before"))
    world.ingest([0], collection="copy", kill=("made", 1, "before"))
    world.repair()
    world.repair("copy")
    world.end()


@pytest.mark.parametrize("when", ["before", "after"])
def test_marks_outlast_kills_copies_backups_and_a_ledger_that_is_lost(world, when):
    world.ingest([0, 1, 2])
    world.mark([0, 1])
    world.mark([1, 2], "anna", by=1)
    world.mark([0], seen=False, kill=("marks copied", 1, when))
    world.backup()
    world.copy(by=1)
    world.damage("ledger", "deleted")
    world.ingest([3], by=1)
    world.mark([2], kill=("marks copied", 1, when))
    world.damage("ledger", "overwritten", beside=True)
    world.damage("marks", "deleted")
    world.damage("ledger", "deleted")
    world.restore("copy")
    world.end()


@pytest.mark.parametrize("part", range(PARTS))
def test_histories(part):
    """Whatever is done, and whoever dies of it: every film is there as it was stored, and nothing else is."""
    chosen = settings(
        max_examples=HISTORIES // PARTS + (part < HISTORIES % PARTS),
        stateful_step_count=LENGTH,
        deadline=None,
        database=None,
        print_blob=False,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    histories = seeded(SEED * PARTS + part)(type("Histories", (Histories,), {}))
    run_state_machine_as_test(histories, settings=chosen)
