"""SQLite files that several open at once, when there is none yet."""

import threading

from moviesearch.storage.sqlite import connect

MANY = 6


def test_a_file_that_several_make_at_once_is_one_file(tmp_path):
    """Once the slower ones took it for another program's, or found it locked: a cache was set aside as damaged."""
    wrong = []

    def open_it(path, begin):
        begin.wait()
        try:
            database = connect(path, "CREATE TABLE IF NOT EXISTS films (id)", 77, set_aside_if_damaged=True)
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
