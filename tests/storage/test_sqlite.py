"""SQLite files that several open at once: when there is none yet, and when one is damaged."""

import os
import threading
from contextlib import closing

import pytest

from moviesearch.errors import DamagedError
from moviesearch.storage.sqlite import connect

MANY = 6
TABLE = "CREATE TABLE IF NOT EXISTS films (id)"


def test_a_file_that_several_make_at_once_is_one_file(tmp_path):
    """Once the slower ones took it for another program's, or found it locked: a cache was set aside as damaged."""
    wrong = []

    def open_it(path, begin):
        begin.wait()
        try:
            database = connect(path, TABLE, 77, set_aside_if_damaged=True)
            with database:
                database.execute("INSERT INTO films VALUES (1)")
            database.close()
        except Exception as error:
            wrong.append(error)

    for number in range(30):
        path, begin = tmp_path / f"{number}.sqlite3", threading.Barrier(MANY)
        threads = [threading.Thread(target=open_it, args=(path, begin)) for _ in range(MANY)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        database = connect(path, "", 77)
        assert database.execute("SELECT count(*) FROM films").fetchone()[0] == MANY
        database.close()
    assert wrong == []
    assert not list(tmp_path.glob("*damaged*"))


def test_a_file_that_is_emptied_while_another_has_it_open_is_damaged(tmp_path):
    """Once whoever opened it next waited a minute for a lock that the other one keeps."""
    path = tmp_path / "films.sqlite3"
    with closing(connect(path, TABLE, 77)) as holder:
        assert holder.execute("SELECT count(*) FROM films").fetchone()[0] == 0
        os.truncate(path, 0)
        with pytest.raises(DamagedError, match=r"films\.sqlite3 is damaged \(empty, while another"):
            connect(path, TABLE, 77)
        with closing(connect(path, TABLE, 77, set_aside_if_damaged=True)) as fresh, fresh:
            fresh.execute("INSERT INTO films VALUES (1)")
    assert list(tmp_path.glob("films.sqlite3.damaged-*"))
    with closing(connect(path, "", 77)) as again:
        assert again.execute("SELECT count(*) FROM films").fetchone()[0] == 1
