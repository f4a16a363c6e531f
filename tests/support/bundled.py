"""How many films come with the package."""

from moviesearch.sources import bundled

COUNT = len(bundled().read_text(encoding="utf-8").splitlines())
SHOWN = f"{COUNT:,}"
"""As it is shown to people."""
