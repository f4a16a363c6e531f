"""Nothing phones home: what libraries would report about their use to their makers is turned off.

ONNX Runtime does it unasked: as soon as it is imported it writes an id of this machine and a database of events into
the user's cache folder (`Microsoft/DeveloperTools/.onnxruntime`), and sends them within seconds. It reads its variable
when it is loaded, never later. So the packages that import such libraries, lazily or not, call `turn_reports_off` when
they are imported themselves: no library can be first. `import moviesearch` alone changes nothing.
"""

from __future__ import annotations

import os

SILENCE = {
    "ORT_DISABLE_TELEMETRY": "1",  # ONNX Runtime
    "ANONYMIZED_TELEMETRY": "False",  # Chroma's client and server
    "HF_HUB_DISABLE_TELEMETRY": "1",  # huggingface_hub, transformers, sentence-transformers
    "RAY_USAGE_STATS_ENABLED": "0",  # Ray
    "DO_NOT_TRACK": "1",  # whatever else honours it
}
"""The variables by which these libraries are told, and their values."""


def turn_reports_off() -> None:
    """Set the variables of `SILENCE`, whatever they were, for this process and those that it starts."""
    os.environ.update(SILENCE)
