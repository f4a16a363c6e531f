"""What people see: pages made on the server, each state of them under an address of its own."""

from .routes import router

__all__ = ["router"]
