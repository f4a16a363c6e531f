"""The pages that people see. They are made on the server, and each state has its own address."""

from .routes import router

__all__ = ["router"]
