"""Pictures whose pixels are all there already: files, snapshots, whatever a caller of the API sends."""

from dataclasses import dataclass, field

import cv2
import numpy as np

from vision.errors import InvalidInputError
from vision.frames import Image, Picture


@dataclass(slots=True)
class Pixels:
    """A `frames.Picture` over one array."""

    image: Image = field(repr=False)
    """uint8 (h, w, 3) BGR."""
    _fitted: Image | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Refuse anything that is not a BGR picture."""
        if self.image.dtype != np.uint8 or self.image.ndim != 3 or self.image.shape[2] != 3:
            raise InvalidInputError("Pixels.image", f"{self.image.dtype} {self.image.shape}", "uint8 (h, w, 3) BGR")

    @property
    def hw(self) -> tuple[int, int]:
        """Return height and width in px."""
        return self.image.shape[0], self.image.shape[1]

    def fitted(self, hw: tuple[int, int]) -> Image:
        """Return a copy of this height and width; the array itself where it has them."""
        kept = self._fitted
        if kept is None or kept.shape[:2] != hw:
            self._fitted = kept = resized(self.image, hw)
        return kept


def resized(image: Image, hw: tuple[int, int]) -> Image:
    """Return a picture of this height and width, by linear interpolation as the detector was trained with."""
    if image.shape[:2] == hw:
        return image
    return np.asarray(cv2.resize(image, hw[::-1], interpolation=cv2.INTER_LINEAR), np.uint8)


def picture_of(seen: Image | Picture) -> Picture:
    """Return an array as a picture; a picture as it is."""
    return Pixels(seen) if isinstance(seen, np.ndarray) else seen
