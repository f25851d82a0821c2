"""What the law asks of one look: every rule turns scenes into violations that open and close.

A rule is pure: the same scenes in the same order give the same transitions. Its file is its family; `hysteresis` says
when evidence is enough, `ledger` keeps what is open, `zones` says where somebody stands.
"""

from datetime import datetime
from typing import Literal, Protocol

from vision.events import Transition
from vision.scene import Scene

Reason = Literal["ended", "left", "interrupted"]
"""Why a violation closed: it was over, its subject left, or we stopped looking."""


class Rule(Protocol):
    """Judges one kind of violation on one camera."""

    def update(self, scene: Scene) -> list[Transition]:
        """Take one look, in the order of time, and return what opened and closed by it."""
        ...

    @property
    def suspects(self) -> bool:
        """Tell whether something may be about to open that a closer look would settle."""
        ...

    @property
    def unsettled(self) -> bool:
        """Tell whether something is open or may be about to open: whoever leaves now would not know how it ends."""
        ...

    def finish(self, at: datetime, pts_s: float, reason: Reason) -> list[Transition]:
        """Close whatever is open; the rule takes no look after this."""
        ...
