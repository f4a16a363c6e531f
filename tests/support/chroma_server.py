"""A Chroma server for tests, on this machine alone."""

import shutil
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path

import httpx


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


class ChromaServer:
    """A Chroma server of its own, in a folder, on this machine alone."""

    def __init__(self, folder, port=None):
        self.folder, self.port = folder, port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self):
        chroma = Path(sys.executable).with_name("chroma")
        command = [str(chroma) if chroma.exists() else shutil.which("chroma"), "run", "--path", str(self.folder)]
        command += ["--host", "127.0.0.1", "--port", str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while True:
            try:
                return httpx.get(f"{self.url}/api/v2/heartbeat", timeout=5).raise_for_status()
            except httpx.HTTPError:
                assert self.process.poll() is None and time.monotonic() < deadline, "chroma run does not start"
                time.sleep(0.05)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def database(self):
        """The address of a new database."""
        name = f"d{uuid.uuid4().hex[:12]}"
        path = "/api/v2/tenants/default_tenant/databases"
        httpx.post(self.url + path, json={"name": name}, timeout=30).raise_for_status()
        return f"{self.url}?database={name}"
