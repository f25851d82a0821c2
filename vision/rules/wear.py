"""What a person must wear here: hat, mask, work clothes, gloves, a covered torso."""

from collections.abc import Iterator
from datetime import datetime

from vision.events import Transition
from vision.rules import Reason
from vision.rules.ledger import Charge, Ledger, Testimony, box_at, person
from vision.rules.zones import standing_points, zones_at
from vision.scene import Scene


class WearRule:
    """One item, every tracked person; where the zone knows no duty, nothing is said about anybody."""

    def __init__(self, charge: Charge) -> None:
        self._charge = charge
        self._ledger = Ledger(charge)

    def update(self, scene: Scene) -> list[Transition]:
        """Close for those who left, then hear about those who are here."""
        reason: Reason = "left" if scene.vitals.connected else "interrupted"
        left = self._ledger.end((person(track) for track in scene.persons.ended), reason)
        return left + self._ledger.hear(self._testimonies(scene), scene)

    @property
    def suspects(self) -> bool:
        """Tell whether a closer look would settle something."""
        return self._ledger.suspects

    def finish(self, at: datetime, pts_s: float, reason: Reason) -> list[Transition]:  # noqa: ARG002 - ends where last seen
        """Close what is open, each at the last look that spoke for it."""
        return self._ledger.finish(reason)

    def _testimonies(self, scene: Scene) -> Iterator[Testimony]:
        places = zones_at(standing_points(scene), scene.zones, scene.frame_hw)
        evidence = scene.wear.column(self._charge.kind.item)
        for row, zone in enumerate(places):
            if zone and self._charge.duty(zone):
                subject = person(int(scene.persons.track_id[row]))
                yield Testimony(subject, zone, float(evidence[row]), box_at(scene.persons.seen.xyxy, row))
