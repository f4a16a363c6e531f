"""Where films lie on the map: t-SNE for all at once, and a point beside its neighbours for a new one.

Pure functions on arrays. Points are float32 (n, 2); a layout's middle is (0, 0), and nearly all of it lies between
-1 and 1.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from moviesearch.embedding.vectors import unit

Points = NDArray[np.float32]

NEIGHBOURS = 10
"""By how many films the point of a new one is chosen."""

_PERPLEXITY = 30.0
_FEW = 10
"""The least number of films for t-SNE; of fewer, the principal components are shown."""
_WIDTH = 10.0
"""About the standard deviation of what t-SNE gives."""
_SOFTNESS = 0.05
"""A neighbour whose cosine is less than the nearest one's by this much weighs 1/e of it."""
_GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))


def lay_out(vectors: NDArray[np.float32], before: Points | None = None) -> Points:
    """Points (n, 2) for float32 vectors (n, d), films of like vectors (by cosine) beside each other.

    The same vectors give the same points. `before` are points (n, 2) of an earlier layout, NaN for films that had
    none: the new layout begins with them, so that people recognise the map.
    """
    directions = unit(vectors)
    if len(directions) < _FEW:
        return _upright(_components(directions))
    start = None if before is None else _start(directions, before)
    points = _tsne(directions, start)
    return _upright(points) if start is None else _framed(points)


def beside(neighbours: NDArray[np.float32], similarities: NDArray[np.float32], scale: float, number: int) -> Points:
    """The point (2,) of a new film: the most central one of its neighbours' points, and a step aside.

    `neighbours` are points (k, 2), nearest film first, `similarities` (k,) these films' cosines with the new one.
    The step is half of `scale`, a short distance on this map (see `spacing`), in a direction that `number` gives:
    films beside the same one then don't lie on each other.
    """
    weights = np.exp((similarities - similarities.max()) / _SOFTNESS)
    apart = np.linalg.norm(neighbours[:, None] - neighbours[None], axis=2)
    typical = float(np.median(apart)) or 1.0
    cost = (apart / (apart + typical)) @ weights  # bounded, so that a distant neighbour doesn't pull
    angle = number * _GOLDEN_ANGLE
    step = np.array([math.cos(angle), math.sin(angle)]) * scale / 2
    return np.asarray(neighbours[int(cost.argmin())] + step, np.float32)


def spacing(points: Points) -> float:
    """The median distance of a point to the nearest other one; 0.01 where there are fewer than two."""
    if len(points) < 2:
        return 0.01
    from scipy.spatial import cKDTree

    nearest = cKDTree(points).query(points, 2)[0][:, 1]
    return float(np.median(nearest)) or 0.01


def _tsne(directions: NDArray[np.float32], start: Points | None) -> Points:
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    perplexity = min(_PERPLEXITY, (len(directions) - 1) / 3)
    # One thread: sums in another order end in another map, and threads that wait for each other are slower beside work.
    with threadpool_limits(1):
        # Small steps and little exaggeration: else a difference in the vectors' last digits ends in another map.
        # From earlier points on there is none, which would tear them apart.
        rate = max(len(directions) / 48, 4.0)
        beginning = (
            {"init": "pca", "early_exaggeration": 4.0} if start is None else {"init": start, "early_exaggeration": 1.0}
        )
        model = TSNE(2, perplexity=perplexity, random_state=0, learning_rate=rate, **beginning)
        return np.asarray(model.fit_transform(directions), np.float32)


def _start(directions: NDArray[np.float32], before: Points) -> Points | None:
    """Earlier points in the form that t-SNE begins with: on its scale, a film that had none on its nearest film's.

    None where there are too few earlier points.
    """
    present = np.isfinite(before).all(axis=1)
    if present.sum() < _FEW or np.ptp(before[present], axis=0).max() == 0:
        return None
    start = before.copy()
    for row in np.flatnonzero(~present):
        start[row] = before[present][int((directions[present] @ directions[row]).argmax())]
    start = start - start.mean(axis=0)
    return np.asarray(start / start.std() * _WIDTH, np.float32)


def _components(directions: NDArray[np.float32]) -> Points:
    """The first two principal components."""
    centred = directions - directions.mean(axis=0) if len(directions) else directions
    svd = np.linalg.svd(centred, full_matrices=False)
    points = np.zeros((len(directions), 2), np.float32)
    components = svd.U[:, :2] * svd.S[:2]
    points[:, : components.shape[1]] = components
    return points


def _upright(points: Points) -> Points:
    """Turned so that the layout is wider than high, and mirrored so that equal ones look alike."""
    if len(points) < 2:
        return np.zeros_like(points)
    centred = points - points.mean(axis=0)
    turned = centred @ np.linalg.svd(centred, full_matrices=False).Vh.T
    signs = np.sign((turned**3).sum(axis=0))  # the longer tail to the right, and up
    return _framed(turned * np.where(signs == 0, 1, signs))


def _framed(points: Points) -> Points:
    """Moved and scaled: the middle is (0, 0), and all but a thousandth lies between -1 and 1."""
    middle = (points.max(axis=0) + points.min(axis=0)) / 2
    centred = points - middle
    size = float(np.quantile(np.abs(centred).max(axis=1), 0.999)) or 1.0
    return np.asarray(centred / size, np.float32)
