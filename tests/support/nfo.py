"""NFO files of a few words, written long enough ago to be trusted."""

import os

LONG_AGO = 1_500_000_000
"""In seconds: what is written now is read again, because it may change once more within the clock's tick."""


def write_nfo(path, title="Bell", year=1999, plot="A bell rings.", inside="", root="movie"):
    """Write one, with its folders; gives its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f"<{root}><title>{title}</title><plot>{plot}</plot><year>{year}</year>{inside}</{root}>", encoding="utf-8"
    )
    os.utime(path, (LONG_AGO, LONG_AGO))
    return path
