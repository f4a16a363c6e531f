"""A further Chroma collection beside that of the films, with rows that are looked up and never searched."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from moviesearch.storage.chroma_client import Client, no_such_collection
from moviesearch.storage.quotas import Quotas


def side_collection(client: Client, name: str, quotas: Quotas, *, make: bool = False) -> Any:
    """The Chroma collection of a name; None where there is none and it is not to be made."""
    if make:
        index = {"spann": {"space": "cosine"}} if quotas.spann else {"hnsw": {"space": "cosine"}}
        return client.get_or_create_collection(
            name, configuration=index, metadata={"of": "moviesearch"}, embedding_function=None
        )
    try:
        return client.get_collection(name, embedding_function=None)
    except no_such_collection():
        return None


def no_vectors(rows: int) -> NDArray[np.float32]:
    """What stands for the vectors of rows that have none: Chroma wants one for each, (rows, 1)."""
    return np.ones((rows, 1), np.float32)
