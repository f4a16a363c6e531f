"""Small pictures of films, made once from the posters that lie beside them, and kept in the cache folder."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import stat
from pathlib import Path

from moviesearch.atomic import replacing
from moviesearch.errors import NotFoundError
from moviesearch.records import Movie

WIDTH, HEIGHT = 96, 144
"""Pixels of CSS that a picture takes up."""

_DENSITY = 2
"""Pixels of a picture for each of CSS: screens show more than one."""

_FORMATS = ("JPEG", "PNG", "WEBP")
_MOST_BYTES = 64 << 20
_MOST_PIXELS = 100_000_000


class Posters:
    """The small pictures of films whose records name a local file (`poster`). For several threads.

    `folder` is where they are kept. A picture whose file has changed is made anew; where the folder can't be written
    it is made each time.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def version(self, movie: Movie) -> str | None:
        """16 hex digits that change with a film's poster; None where there is no file."""
        found = _file(movie)
        return found[1] if found else None

    def picture(self, movie: Movie) -> bytes:
        """The small picture as WebP. Raises NotFoundError where there is none, or the file is no picture."""
        found = _file(movie)
        if not found:
            raise NotFoundError(f"{movie.title!r} has no poster here")
        path, version = found
        kept = self._folder / f"{version}.webp"
        with contextlib.suppress(OSError):
            return kept.read_bytes()
        picture = _small(path)
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            with replacing(kept, "wb", shared=True) as file:
                file.write(picture)
        return picture


def _file(movie: Movie) -> tuple[Path, str] | None:
    """A film's poster and its version, where it is a regular file of a size that a picture has."""
    path = movie.extra.get("poster")
    if not isinstance(path, str) or not os.path.isabs(path):
        return None
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(status.st_mode) or not 0 < status.st_size <= _MOST_BYTES:
        return None
    identity = f"{path}\0{status.st_mtime_ns}\0{status.st_size}\0{WIDTH}x{HEIGHT}x{_DENSITY}"
    return Path(path), hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _small(path: Path) -> bytes:
    """A picture scaled and cut to the size that is shown, without what else its file tells (place, camera)."""
    from PIL import Image, ImageOps

    size = (WIDTH * _DENSITY, HEIGHT * _DENSITY)
    try:
        with Image.open(path, formats=_FORMATS) as image:
            if image.width * image.height > _MOST_PIXELS:
                raise NotFoundError(f"{path.name} is too large a picture: {image.width} x {image.height}")
            image.draft("RGB", (2 * size[0], 2 * size[1]))  # a JPEG is read at a fraction of its size
            upright = ImageOps.exif_transpose(image)
            fitted = ImageOps.fit(upright.convert("RGB"), size, Image.Resampling.LANCZOS)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise NotFoundError(f"{path.name} is no picture that can be read (JPEG, PNG or WebP)") from error
    file = io.BytesIO()
    fitted.save(file, "WEBP", quality=78, method=4)
    return file.getvalue()
