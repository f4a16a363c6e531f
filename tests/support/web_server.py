"""A real server on loopback, in a thread of its own."""

import socket
import threading
from contextlib import contextmanager

import uvicorn

from moviesearch.web.app import create_app
from moviesearch.web.options import ServeOptions


@contextmanager
def serving(search, **options):
    """The address of a server over a search; it ends with the block."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        app = create_app(search, ServeOptions(**options))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="on"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(30)
