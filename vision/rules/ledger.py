"""What is open and what might open: one page of evidence per subject, and the transitions that it writes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import nan

from vision.catalogue import Duty, Kind
from vision.events import Closed, Opened, Transition, event_id
from vision.frames import CameraId
from vision.geometry import Boxes
from vision.rules import Reason
from vision.rules.hysteresis import Hysteresis, probability
from vision.rules.zones import sees
from vision.scene import Scene, Zone, ZoneType

Box = tuple[float, float, float, float]
SUSPICION = 1.0
"""Nats (about three to one) from which a subject is worth a closer look."""


@dataclass(frozen=True, slots=True)
class Charge:
    """One kind on one camera: what would be violated where, and who says so."""

    camera: CameraId
    kind: Kind
    duties: Mapping[ZoneType, Duty]
    """Zone types without a duty are missing: there it is no violation."""
    model: str
    rule_version: str

    def duty(self, zone: Zone | None) -> Duty | None:
        """Return what the law asks there; None = nothing."""
        return self.duties.get(zone.type) if zone else None


@dataclass(frozen=True, slots=True)
class Testimony:
    """What one look says about one subject."""

    subject: str
    zone: Zone
    log_odds: float
    """> 0 speaks for a violation; NaN = unknown."""
    box: Box | None = None
    """xyxy in frame px."""


@dataclass(slots=True)
class _Page:
    sum: Hysteresis
    opened: Opened | None = None


class Ledger:
    """All subjects of one charge.

    With `needs_sight` a look at a black, covered or lost picture is unknown, whatever was said.
    """

    def __init__(self, charge: Charge, *, needs_sight: bool = True) -> None:
        self._charge = charge
        self._needs_sight = needs_sight
        self._pages: dict[str, _Page] = {}

    def __contains__(self, subject: object) -> bool:
        return subject in self._pages

    @property
    def suspects(self) -> bool:
        """Tell whether evidence is under way about somebody and nothing is open about them yet."""
        return any(not page.sum.is_open and page.sum.total >= SUSPICION for page in self._pages.values())

    @property
    def unsettled(self) -> bool:
        """Tell whether something is open, or evidence for it is under way."""
        return any(page.sum.is_open or page.sum.total >= SUSPICION for page in self._pages.values())

    def hear(self, testimonies: Iterable[Testimony], scene: Scene) -> list[Transition]:
        """Take what one look says; a known subject of whom it says nothing is unknown in it."""
        valid = sees(scene.vitals) or not self._needs_sight
        said = {testimony.subject: testimony for testimony in testimonies} if valid else {}
        silent = [subject for subject in self._pages if subject not in said]
        changes = [self._hear(testimony, scene) for testimony in said.values()]
        changes += [self._leak(subject, scene) for subject in silent]
        return [change for change in changes if change]

    def end(self, subjects: Iterable[str], reason: Reason) -> list[Transition]:
        """Forget these subjects, closing what is open about them at the last look that spoke for it."""
        pages = [self._pages.pop(subject) for subject in subjects if subject in self._pages]
        return [_closed(page.opened, page.sum, reason) for page in pages if page.opened]

    def finish(self, reason: Reason) -> list[Transition]:
        """Forget everybody."""
        return self.end(list(self._pages), reason)

    def _hear(self, testimony: Testimony, scene: Scene) -> Transition | None:
        page = self._pages.setdefault(testimony.subject, _Page(Hysteresis(self._charge.kind.thresholds)))
        match page.sum.add(testimony.log_odds, scene.at, scene.pts_s):
            case "opened":
                page.opened = self._opened(testimony, page.sum, scene)
                return page.opened
            case "closed":
                return self._close(page)
        return None

    def _leak(self, subject: str, scene: Scene) -> Transition | None:
        page = self._pages[subject]
        return self._close(page) if page.sum.add(nan, scene.at, scene.pts_s) == "closed" else None

    def _close(self, page: _Page) -> Transition | None:
        closed = _closed(page.opened, page.sum, "ended") if page.opened else None
        page.opened = None
        return closed

    def _opened(self, testimony: Testimony, total: Hysteresis, scene: Scene) -> Opened | None:
        charge, duty = self._charge, self._charge.duty(testimony.zone)
        if duty is None:
            return None
        started_at = total.started_at or scene.at
        return Opened(
            id=event_id(charge.camera, charge.kind.name, testimony.subject, started_at),
            camera=charge.camera,
            kind=charge.kind.name,
            tier=duty.tier,
            binding=duty.binding,
            zone=testimony.zone.name,
            subject=testimony.subject,
            started_at=started_at,
            started_pts_s=total.started_pts_s,
            at=scene.at,
            pts_s=scene.pts_s,
            confidence=probability(total.total),
            box=testimony.box,
            frame_hw=scene.frame_hw,
            looks=tuple(total.looks),
            model=charge.model,
            rule_version=charge.rule_version,
        )


def _closed(opened: Opened, total: Hysteresis, reason: Reason) -> Closed:
    ended_at: datetime = total.last_for_at or opened.at
    ended_pts_s = total.last_for_pts_s if total.last_for_at else opened.pts_s
    return Closed(opened, ended_at, ended_pts_s, probability(total.peak), tuple(total.looks), reason)


def person(track: int) -> str:
    """Return the subject that a track is in an event."""
    return f"track-{track}"


def box_at(xyxy: Boxes, row: int) -> Box:
    """Return one row as plain numbers."""
    x0, y0, x1, y1 = (float(side) for side in xyxy[row])
    return x0, y0, x1, y1


def place(zone: Zone) -> str:
    """Return the subject that a zone is in an event."""
    return f"zone-{zone.name}"
