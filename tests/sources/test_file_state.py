"""The digest by which a file of films is known again."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import moviesearch
from moviesearch.sources.file_state import FileState


def test_what_was_read_and_what_is_there_have_one_digest_while_they_are_the_same(tmp_path):
    path = tmp_path / "films.jsonl"
    path.write_bytes(b"one two three")
    state = FileState(path)
    for part in (b"one ", b"two ", b"three"):
        assert state.as_read() != state.as_it_is()
        state.take(part)
    assert state.as_read() == state.as_it_is() == FileState(path).as_it_is()
    path.write_bytes(b"one two four!")
    assert state.as_read() != state.as_it_is()


def test_what_is_no_file_has_none(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", "", "missing"):
        assert FileState(tmp_path / name).as_it_is() is None


@pytest.mark.integration
def test_another_program_gives_another_digest(tmp_path):
    """A program whose files were changed since may read a file otherwise, whatever version it says it is."""
    own = Path(moviesearch.__file__).parent
    shutil.copytree(own, tmp_path / "moviesearch", ignore=shutil.ignore_patterns("data", "__pycache__"))
    (tmp_path / "films.jsonl").write_text("films")
    code = "from moviesearch.sources.file_state import FileState; print(FileState('films.jsonl').as_it_is())"

    def digest():
        done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    before = digest()
    assert before == digest()
    module = tmp_path / "moviesearch" / "sources" / "fields.py"
    stat = module.stat()
    module.write_text(module.read_text(encoding="utf-8").replace("2000", "2001", 1), encoding="utf-8")
    os.utime(module, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # as a wheel has it
    assert module.stat().st_size == stat.st_size
    assert digest() not in (before, "None")
