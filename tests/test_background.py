"""Work in a thread of its own, and where no thread is to be had."""

import threading

import pytest

from moviesearch.background import Background


def no_thread(self):
    raise RuntimeError("can't start new thread")


@pytest.mark.parametrize("threads_left", [True, False])
def test_work_is_done_and_its_errors_raised_whether_or_not_a_thread_can_be_started(monkeypatch, threads_left):
    if not threads_left:
        monkeypatch.setattr(threading.Thread, "start", no_thread)
    done = []
    with Background(lambda: done.append("done"), "work") as work:
        pass
    assert done == ["done"]
    assert work.result() is None
    failing = Background(lambda: 1 // 0, "work")
    failing.wait()
    with pytest.raises(ZeroDivisionError):
        failing.result()


@pytest.mark.parametrize("beside", [True, False])
def test_work_is_done_in_a_thread_of_its_own_only_where_it_may_be(beside):
    work = Background(threading.get_ident, "work", beside)
    assert (work.result() != threading.get_ident()) == beside
