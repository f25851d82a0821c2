"""Who is who from look to look, within one clip and never beyond it (I8)."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vision.detections import Detections
from vision.errors import InvalidInputError


@dataclass(frozen=True, slots=True, eq=False)
class Tracks:
    """The tracked things that this look saw, and the ids of those that are gone for good."""

    track_id: NDArray[np.int64]
    """(n,) unique within the camera's connection, counted from 1."""
    seen: Detections
    """(n,) the boxes of this look, row i for `track_id[i]`."""
    age_s: NDArray[np.float32]
    """(n,) seconds since the track was first seen."""
    ended: tuple[int, ...] = ()
    """Ids that will not come back; a rule closes what it still holds open for them."""

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together."""
        if not len(self.track_id) == len(self.seen) == len(self.age_s):
            raise InvalidInputError("Tracks", (len(self.track_id), len(self.seen), len(self.age_s)), "equal lengths")

    def __len__(self) -> int:
        return len(self.track_id)

    @classmethod
    def empty(cls) -> Self:
        """Return a look at nobody."""
        return cls(np.empty(0, np.int64), Detections.empty(), np.empty(0, np.float32))
