"""How a plot begins: enough to know the film by, never its ending."""

from __future__ import annotations

LONGEST = 240
_SHORTEST = 40


def opening(plot: str) -> str:
    """The first words of a plot, at most half of it where it is not very short; with "…" where it is cut."""
    told = " ".join(plot.split())
    room = max(_SHORTEST, min(LONGEST, len(told) // 2))
    if len(told) <= room:
        return told
    cut = told[: room + 1].rsplit(" ", 1)[0][:room]
    return cut.rstrip(" ,.;:–-") + "…"
