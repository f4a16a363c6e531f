"""A reverse proxy before a Chroma server, for the faults that lie between: each request is first put to a rule."""

import contextlib
import ssl
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

HANG, CUT, HALF = "hang", "cut", "half"


class Front(ThreadingHTTPServer):
    """`rule(method, path, headers, body)` gives None to let a request through, (status, body), HANG, CUT or HALF.

    CUT closes the connection without an answer, HALF after the answer's beginning. `prefix` is taken off the path.
    """

    daemon_threads = True

    def __init__(self, behind=None, rule=lambda *told: None, *, prefix="", certificate=None):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind, self.rule, self.prefix = behind, rule, prefix
        self.stopping = threading.Event()
        self.client = httpx.Client(timeout=60)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.server_port}{prefix}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stop(self):
        self.stopping.set()
        self.shutdown()
        self.server_close()
        self.client.close()

    def handle_error(self, request, client_address):
        pass


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def _handle(self):
        front = self.server
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path
        if not path.startswith(front.prefix):
            return self._answer(404, b"<html>not here</html>")
        path = path[len(front.prefix) :]
        verdict = front.rule(self.command, path, dict(self.headers), body)
        if verdict == HANG:
            front.stopping.wait(30)
            self.close_connection = True
            return None
        if verdict == CUT:
            self.close_connection = True
            return None
        if verdict is not None and verdict != HALF:
            return self._answer(*verdict)
        if front.behind is None:
            return self._answer(404, b"<html>not here</html>")
        sent = front.client.request(self.command, front.behind + path, content=body, headers=_forwarded(self.headers))
        if verdict == HALF:
            self.send_response(sent.status_code)
            self.send_header("Content-Length", str(len(sent.content)))
            self.end_headers()
            self.wfile.write(sent.content[: len(sent.content) // 2])
            self.close_connection = True
            return None
        return self._answer(sent.status_code, sent.content)

    do_GET = do_POST = do_PUT = do_DELETE = _handle

    def _answer(self, status, body):
        with contextlib.suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *told):
        pass


def _forwarded(headers):
    return {name: headers[name] for name in ("Content-Type",) if name in headers}


def certificate(folder):
    """(certificate, key) files for 127.0.0.1, signed by itself."""
    files = folder / "cert.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-out", str(files[0]), "-keyout", str(files[1])]
    subprocess.run(command, check=True, capture_output=True)
    return files


def slowly(seconds):
    """A rule that lets everything through, after a while."""

    def rule(*told):
        time.sleep(seconds)

    return rule
