"""The map as a picture: SVG by hand, and PNG made from it by resvg."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np

from moviesearch.errors import UsageError
from moviesearch.records import FilmMap

from .layout import Points
from .legend import Colouring, Legend, Theme, colours, legend

WIDTH, HEIGHT = 1600, 1000
_MARGIN, _FOOT = 48, 64
_SANS = "system-ui, 'Segoe UI', 'Helvetica Neue', 'DejaVu Sans', sans-serif"
_SERIF = "'Iowan Old Style', Palatino, Georgia, 'DejaVu Serif', serif"
_SIZE, _LEGEND_SIZE = 16, 16
_LONGEST = 30
_GROUND = {"light": ("#fbf9f5", "#1f1c19", "#625b52"), "dark": ("#151311", "#ece6dd", "#aea598")}
"""Colours of the ground, of text, and of quiet text, as on the page."""


@dataclass(frozen=True, slots=True)
class _Box:
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: _Box) -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


@dataclass(frozen=True, slots=True)
class _Label:
    """A film's title in the picture; `film` is its row in the map."""

    film: int
    text: str
    x: float
    y: float
    anchor: str
    box: _Box


def svg(shown: FilmMap, *, colouring: Colouring = "genre", theme: Theme = "light", labels: int = 40) -> str:
    """The picture as SVG. At most `labels` films are named, well apart, chosen in the order of the map."""
    ground, ink, quiet = _GROUND[theme]
    groups = legend(shown, colouring)
    paint = colours(groups, colouring, theme)
    points = _on_paper(shown.points)
    radius = max(1.7, min(6.0, 95 / math.sqrt(max(len(points), 1))))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
            f' font-family="{_SANS}" role="img">',
            f"<title>{len(points):,} films by story, coloured by {colouring}</title>",
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{ground}"/>',
            *_dots(points, groups, paint, radius),
            f'<g font-family="{_SERIF}" font-style="italic" font-size="{_SIZE}" fill="{ink}"'
            f' stroke="{ground}" stroke-width="4" stroke-linejoin="round"'
            ' paint-order="stroke" text-rendering="geometricPrecision">',
            *(_text(label) for label in _labels(shown, points, radius, labels)),
            "</g>",
            *_foot(groups, paint, f"{len(points):,} films by story", quiet),
            "</svg>",
            "",
        ]
    )


def draw(shown: FilmMap, path: Path, *, colouring: Colouring, theme: Theme, labels: int) -> None:
    """Write the picture to a file, SVG or PNG by its name. Raises UsageError where that can't be done."""
    kind = checked_kind(path)
    picture = svg(shown, colouring=colouring, theme=theme, labels=labels)
    content = picture.encode() if kind == ".svg" else _png(picture)
    try:
        path.write_bytes(content)
    except OSError as error:
        raise UsageError(f"{path} can't be written: {error.strerror}") from error


def checked_kind(path: Path) -> str:
    """ ".svg" or ".png", as the file's name says. Raises UsageError for another one, or a PNG that can't be made."""
    kind = path.suffix.lower()
    if kind not in (".svg", ".png"):
        raise UsageError(f"{path} says neither .svg nor .png: name the picture's file so")
    if kind == ".png" and find_spec("resvg_py") is None:
        raise UsageError("a PNG needs resvg: pip install 'moviesearch[png]', or write a .svg")
    return kind


def _png(picture: str) -> bytes:
    from resvg_py import svg_to_bytes

    return bytes(svg_to_bytes(svg_string=picture))


def _on_paper(points: Points) -> Points:
    """Points of the map -> points (n, 2) in the picture's units; the whole area is used."""
    area = np.array([WIDTH - 2 * _MARGIN, HEIGHT - _MARGIN - _FOOT - 24], float)
    corner = np.array([_MARGIN, _MARGIN], float)
    if not len(points):
        return points
    low, high = points.min(axis=0), points.max(axis=0)
    span = np.where(high > low, high - low, 1.0)
    share = np.where(high > low, (points - low) / span, 0.5)
    share[:, 1] = 1 - share[:, 1]
    return np.asarray(corner + share * area, np.float32)


def _dots(points: Points, groups: Legend, paint: tuple[str, ...], radius: float) -> Iterator[str]:
    group_of_film = np.array(groups.group_of_film)
    for group in reversed(range(len(groups.names))):  # the rest lies under the others
        rows = np.flatnonzero(group_of_film == group)
        if len(rows):
            path = "".join(f"M{x:.1f} {y:.1f}h0" for x, y in points[rows])
            yield (
                f'<path d="{path}" fill="none" stroke="{paint[group]}" stroke-width="{2 * radius:.1f}"'
                ' stroke-linecap="round" stroke-opacity=".88"/>'
            )


def _labels(shown: FilmMap, points: Points, radius: float, most: int) -> list[_Label]:
    """At most so many films' titles, so that none lies on another one, or on many points."""
    named: list[_Label] = []
    foot = _Box(0, HEIGHT - _FOOT, WIDTH, HEIGHT)
    apart = 0.62 * math.sqrt(WIDTH * HEIGHT / max(most, 1))
    for film, title in enumerate(shown.titles):
        if len(named) >= most:
            break
        x, y = (float(value) for value in points[film])
        if any(math.hypot(x - points[other.film][0], y - points[other.film][1]) < apart for other in named):
            continue
        text = title if len(title) <= _LONGEST else f"{title[: _LONGEST - 1].rstrip()}…"
        choices = [
            label
            for label in _around(film, text, x, y, radius)
            if label.box.left > 8 and label.box.right < WIDTH - 8 and label.box.top > 8
            if not any(label.box.meets(box) for box in (foot, *(other.box for other in named)))
        ]
        best = min(choices, key=lambda label: _covered(label.box, points), default=None)
        if best and _covered(best.box, points) <= len(points) / 500:
            named.append(best)
    return named


def _around(film: int, text: str, x: float, y: float, radius: float) -> Iterator[_Label]:
    """A film's title to the right of its point, to the left, above and below."""
    width, height, gap = _width(text, _SIZE), _SIZE, radius + 5
    for anchor_x, left, base, anchor in (
        (x + gap, x + gap, y + height * 0.35, "start"),
        (x - gap, x - gap - width, y + height * 0.35, "end"),
        (x, x - width / 2, y - gap, "middle"),
        (x, x - width / 2, y + gap + height * 0.75, "middle"),
    ):
        yield _Label(film, text, anchor_x, base, anchor, _Box(left - 3, base - height, left + width + 3, base + 5))


def _width(text: str, size: float) -> float:
    """About how wide a text is in a sans-serif, in the picture's units."""
    narrow = sum(letter in "iljtfrI.,:;'! ()" for letter in text)
    broad = sum(letter.isupper() or letter in "mw" or ord(letter) > 0x2E80 for letter in text)
    return size * (0.58 * len(text) - 0.2 * narrow + 0.16 * broad)


def _covered(box: _Box, points: Points) -> int:
    """How many points lie in a box."""
    x, y = points[:, 0], points[:, 1]
    return int(((x > box.left) & (x < box.right) & (y > box.top) & (y < box.bottom)).sum())


def _text(label: _Label) -> str:
    anchor = "" if label.anchor == "start" else f' text-anchor="{label.anchor}"'
    return f'<text x="{label.x:.0f}" y="{label.y:.0f}"{anchor}>{escape(_printable(label.text))}</text>'


def _printable(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())


def _foot(groups: Legend, paint: tuple[str, ...], caption: str, quiet: str) -> Iterator[str]:
    present = [group for group in range(len(groups.names)) if group in set(groups.group_of_film)]
    base, x = HEIGHT - 26, float(_MARGIN)
    yield f'<g font-size="{_LEGEND_SIZE}" fill="{quiet}">'
    for group in present:
        name = groups.names[group]
        yield f'<circle cx="{x + 6:.0f}" cy="{base - 5.5}" r="6" fill="{paint[group]}"/>'
        yield f'<text x="{x + 20:.0f}" y="{base}">{escape(_printable(name))}</text>'
        x += 20 + _width(name, _LEGEND_SIZE) + 24
    yield f'<text x="{WIDTH - _MARGIN}" y="{base}" text-anchor="end">{escape(caption)}</text>'
    yield "</g>"
