"""Write the vectors that sentence-transformers gives for the probes: what a graph made without PyTorch must agree with.

Usage: python scripts/record_probes.py     (for the bundled model; after a change to exporting.PROBES)
"""

from pathlib import Path

import numpy as np

from moviesearch.config import Settings
from moviesearch.encoders import SentenceTransformersEncoder
from moviesearch.exporting import PROBES
from moviesearch.models import locate

target = Path(__file__).parents[1] / "moviesearch" / "data" / "probes"
model = locate(None, Settings().cache)
target.mkdir(exist_ok=True)
np.save(target / f"{model.float_digest[:32]}.npy", SentenceTransformersEncoder(model).encode(PROBES))
print(f"{model.name}: {target / model.float_digest[:32]}.npy")
