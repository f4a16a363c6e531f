"""Any file of films -> `Movie`, one at a time; each fault comes with its place (`file:line`).

`read` detects the format of a source and reads it; `bundled` is the file of the films that come with the package.
"""

from .read import bundled, read

__all__ = ["bundled", "read"]
