"""What every family of rules does with its ledger: a look is heard, who left is closed, the end closes everybody."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import datetime

from vision.events import Transition
from vision.rules import Reason
from vision.rules.ledger import Charge, Ledger, Testimony, person
from vision.scene import Scene


class Hearing(ABC):
    """A `vision.rules.Rule` with one ledger; a family says what a look testifies, and nothing else."""

    def __init__(self, charge: Charge, *, needs_sight: bool = True) -> None:
        self._charge = charge
        self._ledger = Ledger(charge, needs_sight=needs_sight)

    def update(self, scene: Scene) -> list[Transition]:
        """Take one look."""
        return self._ledger.hear(self._testimonies(scene), scene)

    @property
    def suspects(self) -> bool:
        """Tell whether a closer look would settle something."""
        return self._ledger.suspects

    @property
    def unsettled(self) -> bool:
        """Tell whether something is open or under way."""
        return self._ledger.unsettled

    def finish(self, at: datetime, pts_s: float, reason: Reason) -> list[Transition]:  # noqa: ARG002 - ends where last seen
        """Close what is open, each at the last look that spoke for it."""
        return self._ledger.finish(reason)

    @abstractmethod
    def _testimonies(self, scene: Scene) -> Iterator[Testimony]:
        """Yield what this look says; not asked where the picture shows nothing."""


class PersonHearing(Hearing):
    """A rule about tracked persons."""

    def update(self, scene: Scene) -> list[Transition]:
        """Close for those who left, then hear about those who are here."""
        reason: Reason = "left" if scene.vitals.connected else "interrupted"
        left = self._ledger.end((person(track) for track in scene.persons.ended), reason)
        return left + super().update(scene)
