"""The HTTP API: its routes, what it takes and gives, and how the server is."""

from .routes import router

__all__ = ["router"]
