"""A Docker engine to test with, and images that play those of the registries: made from Debian, where none is reached.

`base` stands for python:3.12-slim-bookworm with Debian's own Python (3.11), and brings this machine's
certificates and package index along, as a company's base image would.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BASE = "python:3.12-slim-bookworm"
GIVEN = os.environ.get("MOVIESEARCH_TEST_DOCKER")
"""An engine that runs already and has the images, such as unix:///tmp/mine.sock: for a quick second run."""
NEEDED = ("dockerd", "docker", "debootstrap")
PACKAGES = "ca-certificates,python3,python3-venv,python3-pip,dumb-init,caddy,libcap2-bin,wget"


def told(
    *command: str,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    check: bool = True,
    stdin: Path | None = None,
    stdout: Path | None = None,
) -> str:
    """What a command says; its failure is told with all that it said. Files take the place of input and output."""
    with ExitStack() as stack:
        done = subprocess.run(
            command,
            env={**os.environ, **(env or {})},
            cwd=cwd,
            stdin=stack.enter_context(stdin.open("rb")) if stdin else subprocess.DEVNULL,
            stdout=stack.enter_context(stdout.open("wb")) if stdout else subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=1800,
        )
    said = (done.stdout or b"").decode(errors="replace") + done.stderr.decode(errors="replace")
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.returncode}\n{said[-5000:]}")
    return said


def missing() -> str | None:
    """What a machine lacks to run these tests, or None."""
    if os.geteuid() != 0:
        return "a Docker engine of one's own needs root"
    lacking = [name for name in NEEDED if not shutil.which(name)]
    if lacking:
        return f"apt install docker.io docker-compose debootstrap ({', '.join(lacking)} not found)"
    return None if compose() else "apt install docker-compose"


def compose() -> list[str]:
    """`docker compose`, or docker-compose where that is what there is."""
    if subprocess.run(["docker", "compose", "version"], capture_output=True).returncode == 0:
        return ["docker", "compose"]
    return ["docker-compose"] if shutil.which("docker-compose") else []


class Engine:
    """A Docker engine; `host` is what DOCKER_HOST should be."""

    def __init__(self, host: str) -> None:
        self.host = host

    def docker(self, *command: str) -> str:
        """`docker ...`, with the builder that needs nothing more."""
        return told("docker", *command, env={"DOCKER_HOST": self.host, "DOCKER_BUILDKIT": "0"})

    def stop(self) -> None:
        """It goes on for whoever started it."""


class OwnEngine(Engine):
    """A dockerd of our own, with its files in one folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"unix://{folder}/docker.sock")
        self.folder = folder
        self._log = (folder / "dockerd.log").open("w")
        self._process = subprocess.Popen(
            [
                *("dockerd", "--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec"),
                *("--pidfile", f"{folder}/dockerd.pid", "-H", self.host),
            ],
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        for _ in range(240):
            if subprocess.run(["docker", "-H", self.host, "info"], capture_output=True).returncode == 0:
                return
            if self._process.poll() is not None:
                break
            time.sleep(0.5)
        self.stop()
        raise RuntimeError(f"no Docker engine:\n{(folder / 'dockerd.log').read_text()[-3000:]}")

    def stop(self) -> None:
        """Stop it; its files stay, and the mount that it leaves goes: nobody could remove the folder."""
        self._process.terminate()
        self._process.wait(60)
        self._log.close()
        if os.path.ismount(f"{self.folder}/exec/netns/default"):
            told("umount", f"{self.folder}/exec/netns/default")


def images(engine: OwnEngine) -> None:
    """The project's image, as its Dockerfile says, and the two that it is run with."""
    _base(engine)
    for name, folder in (
        ("moviesearch", ROOT),
        ("chromadb/chroma:1.5.9", HERE / "chroma"),
        ("caddy:2.10-alpine", HERE / "caddy"),
    ):
        engine.docker("build", "--quiet", "--network", "host", "--tag", name, str(folder))


def _base(engine: OwnEngine) -> None:
    root = engine.folder / "base"
    told("debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", str(root))
    for emptied in (
        "var/cache/apt/archives",
        "var/lib/apt/lists",
        "usr/share/doc",
        "usr/share/man",
        "usr/share/locale",
    ):
        shutil.rmtree(root / emptied)
        (root / emptied).mkdir()
    for name in ("python", "python3"):
        (root / "usr/local/bin" / name).symlink_to("/usr/bin/python3")
    certificates = Path("/etc/ssl/certs/ca-certificates.crt")
    if certificates.is_file():
        shutil.copy(certificates, root / "etc/ssl/certs")
    (root / "etc/pip.conf").write_text(_index())
    told("bash", "-c", f"tar -C {root} -c . | docker -H {engine.host} import - {BASE}")
    shutil.rmtree(root)


def _index() -> str:
    """Where this machine's pip looks, of which only addresses on the network are of use elsewhere."""
    lines = ["[global]", "cert = /etc/ssl/certs/ca-certificates.crt"]
    for line in told("python3", "-m", "pip", "config", "list", check=False).splitlines():
        key, _, value = line.partition("=")
        option = key.rpartition(".")[2]
        value = value.strip("'\"")
        if option in ("index-url", "trusted-host") or (option == "extra-index-url" and value.startswith("http")):
            lines.append(f"{option} = {value}")
    return "\n".join([*lines, ""])
