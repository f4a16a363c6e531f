"""What is said where Ray is not installed."""

import sys


def test_without_ray_it_says_what_to_install(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    result = run("ingest", "--ray", "local")

    assert result.exit_code == 2
    assert "moviesearch[ray]" in result.stderr
