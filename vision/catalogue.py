"""The law and our thresholds as data: which kind is a violation where, how urgent, under which clause."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from vision.events import Binding, KindName, Tier
from vision.scene import ZoneType

Family = Literal["wear", "presence", "timer", "camera"]
Jurisdiction = Literal["CN", "EU", "US"]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When the leaky sum of evidence opens and closes a violation (see rules/hysteresis.py)."""

    open_at: float
    """Leaky sum in nats at or above which it opens."""
    close_at: float
    """Leaky sum at or below which it closes; below `open_at`."""
    leak_s: float
    """Time constant with which old evidence fades."""
    rearm_s: float
    """Quiet seconds after a closing before the same subject can open again."""
    dwell_s: float
    """It must have lasted so long before it opens; 0 = as soon as the sum allows."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of violation."""

    name: KindName
    zh: str
    en: str
    family: Family
    item: str
    """For wear: which column of `Wear` it reads; otherwise empty."""
    needs: tuple[str, ...]
    """Detector classes without which it cannot be judged; a model that lacks one makes the kind unavailable."""
    rejects: tuple[str, ...]
    """Detector classes whose overlap speaks against it (a cat is not a rat)."""
    thresholds: Thresholds


@dataclass(frozen=True, slots=True)
class Clause:
    """One provision of law or standard, with how sure we are of its wording."""

    id: str
    jurisdiction: Jurisdiction
    instrument: str
    article: str
    text: Mapping[str, str]
    """By language: zh, en."""
    source_url: str
    effective_from: date | None
    effective_to: date | None
    grade: Literal["T", "X", "G", "R", "D"]
    """Evidence grade of domain.md §0."""

    @property
    def verified(self) -> bool:
        """Only what was read in the full text of a primary source counts as verified."""
        return self.grade == "T"


@dataclass(frozen=True, slots=True)
class Duty:
    """What a kind means in one zone of one type of site under one law."""

    kind: KindName
    tier: Tier
    binding: Binding
    clauses: tuple[Clause, ...]
    plan_h: float | None
    """Hours until the site must answer with a plan; None = no plan is asked."""
    fix_h: float | None
    """Hours until it must be put right; None = daily record only."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a duty is asked for."""

    zone_type: ZoneType
    site_type: str = "restaurant"
    jurisdiction: Jurisdiction = "CN"
