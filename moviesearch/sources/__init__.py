"""Any file of films -> `Movie`, one at a time, each fault named by its place.

`read` tells what a source is and reads it; `bundled` is the file of the films that come with the package.
"""

from .read import bundled, read

__all__ = ["bundled", "read"]
