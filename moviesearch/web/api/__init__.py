"""The HTTP API: its routes, what they take and give, and the state of the server."""

from .routes import router

__all__ = ["router"]
