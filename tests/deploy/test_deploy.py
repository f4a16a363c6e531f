"""What can be said of the server's files without a Docker engine."""

import os
import re
import shutil
import stat
import subprocess
import sys

import pytest
from support.paths import ROOT

pytestmark = pytest.mark.integration


@pytest.fixture
def project(tmp_path):
    (tmp_path / "scripts").mkdir()
    (tmp_path / "deploy").mkdir()
    shutil.copy(ROOT / "scripts" / "server-init", tmp_path / "scripts")
    shutil.copy(ROOT / "deploy" / "Caddyfile", tmp_path / "deploy")
    return tmp_path


def server_init(project, *arguments):
    return subprocess.run(["sh", "scripts/server-init", *arguments], cwd=project, capture_output=True, text=True)


def settings(project):
    return dict(line.split("=", 1) for line in (project / ".env").read_text().splitlines())


def test_the_compose_file_follows_the_compose_specification():
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*command, str(ROOT / "docker-compose.yml")], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_server_has_the_client_s_version():
    pinned = re.search(r"^chromadb==(\S+)", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert f"image: chromadb/chroma:{pinned[1]}\n" in (ROOT / "docker-compose.yml").read_text()


def test_server_init_makes_tokens_that_only_the_owner_reads(project):
    done = server_init(project, "films.example")
    made = settings(project)

    assert done.returncode == 0 and "docker compose up -d" in done.stdout
    assert stat.S_IMODE((project / ".env").stat().st_mode) == 0o600
    assert re.fullmatch("[0-9a-f]{64}", made["MOVIESEARCH_TOKEN"])
    assert re.fullmatch("[0-9a-f]{64}", made["MOVIESEARCH_PAGE_TOKEN"])
    assert made["MOVIESEARCH_TOKEN"] != made["MOVIESEARCH_PAGE_TOKEN"]
    assert made["MOVIESEARCH_HOST"] == "films.example"
    assert (project / "films.token").read_text().strip() == made["MOVIESEARCH_TOKEN"]
    assert stat.S_IMODE((project / "films.token").stat().st_mode) == 0o600
    assert made["MOVIESEARCH_TOKEN"] not in done.stdout + done.stderr


def test_server_init_again_keeps_what_is_there(project):
    (project / ".env").write_text("MOVIESEARCH_TOKEN=mine\nMOVIESEARCH_CHROMA_MEMORY=8g")
    os.chmod(project / ".env", 0o644)
    server_init(project)
    first = settings(project)
    again = server_init(project, "other.example")

    assert first["MOVIESEARCH_TOKEN"] == "mine" and first["MOVIESEARCH_CHROMA_MEMORY"] == "8g"
    assert settings(project) == first
    assert stat.S_IMODE((project / ".env").stat().st_mode) == 0o600
    assert "the host stays localhost" in again.stderr


def test_server_init_refuses_what_is_no_host(project):
    assert server_init(project, "films.local; rm -rf /").returncode == 2
    assert not (project / ".env").exists()
