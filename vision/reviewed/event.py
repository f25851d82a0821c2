"""One reviewed event: a picture, the box that was told, and what a person said about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

VERDICTS: Final = ("confirmed", "dismissed", "unsure")
NOT_THERE: Final = frozenset({"not_a_violation", "wrong_object", "wrong_item_state"})
"""Reasons of a dismissal that say what the picture does not show; the others tell of zones or of the picture."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One event with a verdict."""

    id: str
    kind: str
    verdict: str
    reason: str
    xyxy: tuple[float, float, float, float]
    """In px of the picture."""
    wh: tuple[int, int]

    @property
    def file(self) -> str:
        """Return the name of its picture in an export."""
        return f"{self.id}.jpg"

    @property
    def negative(self) -> bool:
        """Tell whether a person said that the kind is not there."""
        return self.verdict == "dismissed" and self.reason in NOT_THERE


def reviewed_of(event: Mapping[str, Any]) -> Reviewed | None:
    """Return a listed event as a reviewed one; None without a verdict, a box or a snapshot to learn from."""
    review, box = event.get("review"), event.get("box")
    pictured = event.get("frame_wh") and "snapshot" in event.get("evidence", {})
    if not (review and box and pictured) or review["verdict"] not in VERDICTS:
        return None
    x0, y0, x1, y1 = (float(side) for side in box)
    width, height = (int(side) for side in event["frame_wh"])
    return Reviewed(event["id"], event["kind"], review["verdict"], review["reason"], (x0, y0, x1, y1), (width, height))
