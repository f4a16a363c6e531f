"""How a plot begins: enough to recognise the film, never its ending."""

from __future__ import annotations

LONGEST = 240
_ALWAYS_SHOWN = 40


def opening(plot: str) -> str:
    """The first words of a plot: at most LONGEST characters and half of the plot. "…" shows where it is cut.

    A very short plot may be shown to a length of 40 characters.
    """
    text = " ".join(plot.split())
    limit = max(_ALWAYS_SHOWN, min(LONGEST, len(text) // 2))
    if len(text) <= limit:
        return text
    cut = text[: limit + 1].rsplit(" ", 1)[0][:limit]
    return cut.rstrip(" ,.;:–-") + "…"
