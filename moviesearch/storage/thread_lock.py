"""The door to what the threads of one process share: many are inside together, or one is alone."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class ThreadLock:
    """Threads come in one at a time and stay together; who wants to be alone waits until the others have left."""

    def __init__(self) -> None:
        self._way = threading.RLock()
        self._left = threading.Condition()
        self._inside: Counter[int] = Counter()

    @contextmanager
    def entering(self) -> Iterator[None]:
        """Stand in the door: nobody else comes in meanwhile, those who are inside stay."""
        with self._way:
            yield

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Be inside; begun while `entering`, it outlasts that."""
        me = threading.get_ident()
        with self._left:
            self._inside[me] += 1
        try:
            yield
        finally:
            with self._left:
                self._inside[me] -= 1
                self._inside += Counter()  # those who have left are forgotten
                self._left.notify_all()

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Be the only thread inside. May be nested, also within `entering`."""
        me = threading.get_ident()
        with self._way:
            with self._left:
                self._left.wait_for(lambda: all(thread == me for thread in self._inside))
            yield
