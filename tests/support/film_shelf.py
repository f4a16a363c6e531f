"""A folder of films as people have it: bundled films as NFO files of Kodi, Jellyfin and Radarr, with small pictures.

python tests/support/film_shelf.py FOLDER [COUNT]      makes one
"""

import colorsys
import hashlib
import io
import json
import os
import sys
import textwrap
import unicodedata
from pathlib import Path
from xml.sax.saxutils import escape

from PIL import Image, ImageDraw, ImageFont

from moviesearch.config import BUNDLED_FILMS

LONG_AGO = 1_500_000_000
"""When the NFO files were changed, in seconds: long enough ago to be trusted."""

_FORBIDDEN = str.maketrans('<>:"/\\|?*', "---------")


def make_shelf(folder, count=300, *, size=(80, 120)):
    """Make `count` bundled films in a folder; gives their records, by the path of the NFO file.

    Every third is as Kodi, Jellyfin and Radarr lay it out; every tenth of Kodi's is a disc. Of a third each is watched.
    """
    films = {}
    with BUNDLED_FILMS.open(encoding="utf-8") as lines:
        for number, line in zip(range(count), lines, strict=False):
            film = json.loads(line)
            path = (_kodi, _jellyfin, _radarr)[number % 3](
                Path(folder), film, number, poster(film["id"], film["title"], size)
            )
            os.utime(path, (LONG_AGO, LONG_AGO))
            films[path] = film
    return films


def imdb_id(number):
    """An id as IMDb has them; these are of no film."""
    return f"tt99{number:05}"


def _kodi(folder, film, number, picture):
    """`Title (Year)/Title (Year).nfo` with a picture of that name, or a disc."""
    own = folder / _name(film)
    is_disc = number % 30 == 0
    path = own / "VIDEO_TS" / "VIDEO_TS.nfo" if is_disc else own / f"{own.name}.nfo"
    lines = [
        *_lists("genre", film["genres"]),
        *_lists("country", film["country"]),
        *_lists("director", film["director"]),
        _tag("playcount", int(number % 3 == number % 9)),
        _tag("runtime", 80 + number % 60),
        f'<uniqueid type="imdb" default="true">{imdb_id(number)}</uniqueid>',
        *_actors(film),
        "<fileinfo><streamdetails><audio><language>eng</language></audio></streamdetails></fileinfo>",
    ]
    _write(path, film, lines)
    _picture_at(own / ("poster.jpg" if is_disc else f"{own.name}-poster.jpg"), picture)
    return path


def _jellyfin(folder, film, number, picture):
    """`Title (Year)/movie.nfo` with `folder.jpg`."""
    own = folder / _name(film)
    lines = [
        *_lists("genre", film["genres"]),
        _tag("country", " / ".join(film["country"])),
        *_lists("director", film["director"]),
        "<lockdata>false</lockdata><language>de</language><countrycode>DE</countrycode>",
        _tag("tmdbid", 9_000_000 + number),
        _tag("imdbid", imdb_id(number)),
        _tag("watched", str(number % 3 == number % 9).lower()),
        _tag("runtime", 80 + number % 60),
        *_actors(film, "<type>Actor</type>"),
    ]
    _write(own / "movie.nfo", film, lines, bom=True)
    _picture_at(own / "folder.jpg", picture)
    return own / "movie.nfo"


def _radarr(folder, film, number, picture):
    """`Title (Year)/movie.nfo` with an address behind the XML, and `poster.jpg`."""
    own = folder / _name(film)
    lines = [
        *_lists("genre", film["genres"]),
        *_lists("director", film["director"]),
        f'<uniqueid type="tmdb" default="true">{9_000_000 + number}</uniqueid>',
        *_actors(film),
        _tag("languages", film["language"]),
    ]
    _write(own / "movie.nfo", film, lines, behind=f"https://www.imdb.com/title/{imdb_id(number)}\n")
    _picture_at(own / "poster.jpg", picture)
    return own / "movie.nfo"


def _name(film):
    return f"{film['title']} ({film['year']})".translate(_FORBIDDEN).strip(". ")


def _write(path, film, lines, *, bom=False, behind=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    shown = [_tag(name, film[name]) for name in ("title", "plot", "year")]
    inside = "\n  ".join([*shown, *lines])
    text = f'<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n<movie>\n  {inside}\n</movie>\n{behind}'
    path.write_text(text, encoding="utf-8-sig" if bom else "utf-8")


def _tag(name, value):
    return f"<{name}>{escape(str(value))}</{name}>"


def _lists(name, values):
    return [_tag(name, value) for value in values]


def _actors(film, more=""):
    return [
        f"<actor>{_tag('name', name)}{more}<order>{place}</order></actor>" for place, name in enumerate(film["cast"])
    ]


def poster(film, title, size):
    """A poster for a film's id and title, as JPEG: the title over a disc, in two colours of the film's own."""
    digest = hashlib.sha256(film.encode()).digest()
    ground, disc = (
        tuple(round(255 * part) for part in colorsys.hls_to_rgb(digest[0] / 255 + turn, light, 0.35))
        for turn, light in ((0.0, 0.28), (0.08 + digest[1] / 512, 0.52))
    )
    width, height = size
    picture = Image.new("RGB", size, ground)
    draw = ImageDraw.Draw(picture)
    radius, centre = (
        width * (0.3 + digest[2] / 900),
        (width * (0.25 + digest[3] / 510), height * (0.3 + digest[4] / 800)),
    )
    draw.ellipse([*(at - radius for at in centre), *(at + radius for at in centre)], fill=disc)
    font = ImageFont.load_default(width / 8)
    letters = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()  # all that the font has
    lines = "\n".join(textwrap.wrap(letters, 13)[:4])
    draw.multiline_text((width * 0.09, height * 0.94), lines, fill="white", anchor="ld", font=font, spacing=width / 40)
    raw = io.BytesIO()
    picture.save(raw, "JPEG", quality=80)
    return raw.getvalue()


def _picture_at(path, picture):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(picture)


if __name__ == "__main__":
    print(f"{len(make_shelf(sys.argv[1], *map(int, sys.argv[2:]))):,} films")
