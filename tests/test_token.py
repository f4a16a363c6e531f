"""A token, as it is given to a server and to what asks one: the text itself, or @FILE."""

import pytest

from moviesearch.config import LONGEST_TOKEN, Settings, read_token
from moviesearch.errors import UsageError


def test_the_text_itself_or_what_is_in_the_file(tmp_path, monkeypatch):
    assert read_token("s3cret-~+/=.") == "s3cret-~+/=."
    (tmp_path / "films.token").write_text("  s3cret\r\n")
    assert read_token(f"@{tmp_path / 'films.token'}") == "s3cret"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert read_token("@~/films.token") == "s3cret"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_file_as_windows_writes_it(tmp_path, encoding):
    mark = "" if encoding in ("utf-8-sig", "utf-16") else "\ufeff"
    (tmp_path / "films.token").write_bytes(f"{mark}s3cret\r\n".encode(encoding))
    assert read_token(f"@{tmp_path / 'films.token'}") == "s3cret"


UNSENDABLE = [
    ("", "empty"),
    (" s3cret", "spaces"),
    ("two words", "spaces"),
    ("s3cret\n", "line break"),
    ("s3\tcret", "control characters"),
    ("s3\x00cret", "control characters"),
    ("gehëim", "not ASCII"),
    ("s3\udce9cret", "not ASCII"),
    ("s" * (LONGEST_TOKEN + 1), "longer than"),
]


@pytest.mark.parametrize(("token", "reason"), UNSENDABLE)
def test_what_no_client_can_send_is_refused_and_not_repeated(token, reason):
    with pytest.raises(UsageError) as caught:
        read_token(token)
    assert reason in str(caught.value)
    assert not token or token.strip() not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b" \r\n", "is empty"),
        (b"s3cret\n# of the films\n", "spaces"),
        (b"s3cret\nother\n", "line break"),
        (b"geh\xc3\xabim", "not ASCII"),
        (b"geh\xebim", "no text"),
        (b"x" * 100_000, "longer than"),
        (b"@films.token", "begins with @"),
    ],
)
def test_a_file_that_holds_no_token_is_named(tmp_path, content, reason):
    path = tmp_path / "films.token"
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        read_token(f"@{path}")
    assert reason in str(caught.value)
    assert str(path) in str(caught.value)
    assert "cret" not in str(caught.value)


@pytest.mark.parametrize("value", ["@", "@/no/such/file", "@/", "@~nobody-of-that-name/token", "@a\0b"])
def test_a_file_that_cannot_be_read_is_told(value):
    with pytest.raises(UsageError, match="the token"):
        read_token(value)


def test_a_variable_that_is_set_and_empty_is_not_taken_for_unset(monkeypatch):
    monkeypatch.setenv("MOVIESEARCH_TOKEN", "")
    assert Settings().token == ""
    monkeypatch.delenv("MOVIESEARCH_TOKEN")
    assert Settings().token is None
