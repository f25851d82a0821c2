"""What a person must wear here: hat, mask, work clothes, gloves, a covered torso."""

from collections.abc import Iterator

from vision.rules.hearing import PersonHearing
from vision.rules.ledger import Testimony, box_at, person
from vision.rules.zones import persons_zones
from vision.scene import Scene


class WearRule(PersonHearing):
    """One item, every tracked person; where the zone knows no duty, nothing is said about anybody."""

    def _testimonies(self, scene: Scene) -> Iterator[Testimony]:
        evidence = scene.wear.column(self._charge.kind.item)
        for row, zone in enumerate(persons_zones(scene)):
            if zone and self._charge.duty(zone):
                subject = person(int(scene.persons.track_id[row]))
                yield Testimony(subject, zone, float(evidence[row]), box_at(scene.persons.seen.xyxy, row))
