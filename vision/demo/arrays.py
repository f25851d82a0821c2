"""The array types in which the renderer speaks, and the sums on vectors that it needs everywhere."""

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
"""Coordinates, colours from 0 to 1, depths in metres."""
Ints = npt.NDArray[np.integer[Any]]
"""Indices and part labels."""
Bytes = npt.NDArray[np.uint8]
"""Pictures (h, w, 3) BGR and label maps (h, w)."""
Mask = npt.NDArray[np.bool_]
"""Which pixels."""
Vector = tuple[float, float, float]
"""A point or colour: x, y, z in metres, or b, g, r from 0 to 1."""


def array(values: Any) -> Floats:
    """Turn numbers into the renderer's own float32."""
    return np.asarray(values, dtype=np.float32)


def unit(vectors: Floats) -> Floats:
    """Scale vectors along the last axis to length one; a zero vector stays zero."""
    length = np.sqrt(np.einsum("...i,...i->...", vectors, vectors))[..., None]
    return vectors / np.maximum(length, 1e-9)  # type: ignore[no-any-return]  # numpy types the quotient as Any


def across(vectors: Floats, axis: Floats) -> Floats:
    """Return the part of `vectors` that is at right angles to the unit vectors `axis`, scaled to length one."""
    along = np.einsum("...i,...i->...", vectors, axis)[..., None]
    return unit(vectors - along * axis)


def cross(first: Floats, second: Floats) -> Floats:
    """Return the cross products of vectors along the last axis; several times as fast as NumPy's own."""
    a, b = first[..., [1, 2, 0]], second[..., [2, 0, 1]]
    return a * b - first[..., [2, 0, 1]] * second[..., [1, 2, 0]]
