"""Which papers there are, which a cold-chain batch needs, and how near the end of each is; pure, the day comes in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Literal

State = Literal["valid", "expiring", "expired"]
REMIND = timedelta(days=30)
"""Our default; a health certificate takes about a week to renew."""


class Kind(StrEnum):
    """What a paper is."""

    LICENCE = "licence"
    HEALTH = "health_certificate"
    QUARANTINE = "quarantine_certificate"
    TEST = "test_report"
    DISINFECTION = "disinfection_certificate"
    TRACE = "traceability_certificate"
    OTHER = "other"


FOUR = (Kind.QUARANTINE, Kind.TEST, Kind.DISINFECTION, Kind.TRACE)
"""What was asked of imported cold-chain food (检疫合格证明、检测报告、消毒证明、追溯凭证).

Grade X, a regime of 2020 to 2022: check that it still holds where you use it (domain.md, 1.1, row 15).
"""
NAMES: Mapping[Kind, Mapping[str, str]] = {
    Kind.LICENCE: {"zh": "食品经营许可证", "en": "food business licence"},
    Kind.HEALTH: {"zh": "健康证明", "en": "health certificate"},
    Kind.QUARANTINE: {"zh": "检疫合格证明", "en": "quarantine certificate"},
    Kind.TEST: {"zh": "检测报告", "en": "test report"},
    Kind.DISINFECTION: {"zh": "消毒证明", "en": "disinfection certificate"},
    Kind.TRACE: {"zh": "追溯凭证", "en": "traceability certificate"},
    Kind.OTHER: {"zh": "其他", "en": "other"},
}


def state_of(expires_on: date | None, today: date) -> State:
    """Return how a paper stands on a day; it is good through its last day, and one without an end is always good."""
    if expires_on is None:
        return "valid"
    if today > expires_on:
        return "expired"
    return "expiring" if expires_on - today <= REMIND else "valid"


@dataclass(frozen=True, slots=True)
class Paper:
    """What matters of one."""

    kind: Kind
    expires_on: date | None


def lacking(papers: Iterable[Paper], today: date) -> tuple[Kind, ...]:
    """Return which of the four a batch lacks on a day; an expired one is none."""
    held = {paper.kind for paper in papers if state_of(paper.expires_on, today) != "expired"}
    return tuple(kind for kind in FOUR if kind not in held)
