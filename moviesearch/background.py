"""Work in a thread of its own, whose result is waited for. To import a thread pool takes longer than many a wait."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Background(Generic[T]):
    """Some work that has begun. As a context it lasts until the work has ended.

    It is done at once where it is not to be done `beside` other work, or the system has no room for a further thread.
    """

    def __init__(self, work: Callable[[], T], name: str, beside: bool = True) -> None:
        self._work = work
        self._results: list[T] = []
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=name)
        try:
            if beside:
                self._thread.start()
        except RuntimeError:
            beside = False
        if not beside:
            self._run()

    def _run(self) -> None:
        try:
            self._results.append(self._work())
        except BaseException as error:  # raised again where the result is asked for
            self._error = error

    def result(self) -> T:
        """What the work returned, once it has ended. Raises what it raised."""
        self.wait()
        if self._error is not None:
            raise self._error
        return self._results[0]

    def wait(self) -> None:
        """Wait until the work has ended, however it did."""
        if self._thread.ident is not None:  # it was started
            self._thread.join()

    def __enter__(self) -> Background[T]:
        return self

    def __exit__(self, *error: object) -> None:
        self.wait()
