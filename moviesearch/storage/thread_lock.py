"""A lock for what the threads of one process share: many hold it together, or one holds it alone."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class ThreadLock:
    """A lock that is held `shared` or `exclusive`; it is taken one thread at a time (`entering`)."""

    def __init__(self) -> None:
        self._entrance = threading.RLock()
        self._change = threading.Condition()
        self._sharing: Counter[int] = Counter()

    @contextmanager
    def entering(self) -> Iterator[None]:
        """Keep other threads from taking the lock; those that hold it shared go on holding it."""
        with self._entrance:
            yield

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Hold the lock together with other threads. To be begun within `entering`; it may last longer."""
        this_thread = threading.get_ident()
        with self._change:
            self._sharing[this_thread] += 1
        try:
            yield
        finally:
            with self._change:
                self._sharing[this_thread] -= 1
                self._sharing += Counter()  # drops the counts of 0
                self._change.notify_all()

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the lock alone, once the other threads have given it back. May be nested, also within `entering`."""
        this_thread = threading.get_ident()
        with self._entrance:
            with self._change:
                self._change.wait_for(lambda: all(thread == this_thread for thread in self._sharing))
            yield
