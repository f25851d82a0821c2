"""What the detector saw in one picture: a struct of parallel arrays, checked at birth, frozen after."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vision.errors import InvalidInputError

BOX_SIDES = 4


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """n boxes of one picture.

    `class_id` indexes `classes`, the vocabulary of the model that made them (see `models/*/model.toml`), so that rules
    ask by name and a site may bring a model with classes of its own.
    """

    xyxy: NDArray[np.float32]
    """(n, 4) half-open rectangles in px of the frame as captured."""
    confidence: NDArray[np.float32]
    """(n,) in 0..1."""
    class_id: NDArray[np.int64]
    """(n,) index into `classes`."""
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together."""
        n = len(self.xyxy)
        shapes = (self.xyxy.shape, self.confidence.shape, self.class_id.shape)
        if shapes != ((n, BOX_SIDES), (n,), (n,)):
            raise InvalidInputError("Detections", shapes, "(n, 4), (n,), (n,)")
        if n and not 0 <= min(ids := self.class_id.tolist()) <= max(ids) < len(self.classes):
            raise InvalidInputError("Detections.class_id", self.class_id.tolist(), f"0..{len(self.classes) - 1}")

    def __len__(self) -> int:
        return len(self.xyxy)

    def __getitem__(self, index: NDArray[np.bool_] | NDArray[np.int64] | slice) -> Self:
        return type(self)(self.xyxy[index], self.confidence[index], self.class_id[index], self.classes)

    @classmethod
    def empty(cls, classes: tuple[str, ...] = ()) -> Self:
        """Return a look that saw nothing."""
        return cls(np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty(0, np.int64), classes)

    def of(self, names: Iterable[str]) -> Self:
        """Return only the detections whose class is one of `names`; unknown names match nothing."""
        chosen = set(names)
        wanted = np.array([name in chosen for name in self.classes], np.bool_)
        return self[wanted[self.class_id]]

    def names(self) -> list[str]:
        """Return the class name of each detection, in order."""
        return [self.classes[i] for i in self.class_id.tolist()]
