"""Fixtures that the crash tests share: what a store is like before anything goes wrong."""

import pytest
from crashing import Crashes


@pytest.fixture
def crashes(tmp_path):
    """Works on a store that there isn't yet."""
    return Crashes(tmp_path)


@pytest.fixture(scope="session")
def stores(tmp_path_factory):
    """Two stores, to be copied: one with the first version of the films, one with the second."""
    made = {}
    for version in ("first", "second"):
        crashes = Crashes(tmp_path_factory.mktemp(version))
        crashes.done("ingest", version=version)
        made[version] = crashes.store
    return made


@pytest.fixture(scope="session")
def first(stores):
    """The store with the first version."""
    return stores["first"]
