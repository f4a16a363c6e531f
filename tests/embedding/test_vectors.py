"""Products of vectors, whatever parts they are made in."""

import numpy as np
import pytest

from moviesearch.embedding.vectors import product


@pytest.mark.parametrize("rows", [0, 1, 10, 11, 341, 342, 1000])
@pytest.mark.parametrize("other", [(24,), (2400,), (24, 1), (24, 32), (24, 800)])
def test_product_is_that_of_all_rows_at_once(rows, other):
    chance = np.random.default_rng(rows)
    left, right = (chance.integers(-9, 9, shape).astype(np.float32) for shape in ((rows, other[0]), other))
    for matrix in (right, np.asfortranarray(right)):
        made = product(left, matrix)
        assert made.dtype == np.float32
        assert np.array_equal(made, left @ matrix)  # whole numbers: no rounding


def test_product_keeps_the_greater_precision():
    rows, other = np.full((2000, 240), 0.1), np.full(240, 0.1, np.float32)
    assert product(rows, other).dtype == np.float64
    assert np.allclose(product(rows, other), rows @ other, rtol=1e-12)
