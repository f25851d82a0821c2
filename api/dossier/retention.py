"""How long each piece of evidence and each photo is kept and why: rules as data; deciding is pure."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from api.cases.machine import Stage
from vision.toml_table import Table

RULES = Path(__file__).with_name("retention.toml")
MEDIA = ("snapshot", "annotated", "snapshot_blurred", "annotated_blurred", "clip", "manifest")
PHOTOS = ("scene", "portrait", "scene_blurred", "portrait_blurred")
"""Of five-fixed proofs."""
STATUSES = ("pending_review", "confirmed", "dismissed", "unsure")
ENROLLED = "enrolled"
"""Instead of a case's stage: a proof that shows a spot of its site, with which later ones are compared."""
STAGES = ("none", ENROLLED, *(stage.value for stage in Stage))
TIERS = ("I", "II", "III")


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of the policy; an empty set restricts nothing."""

    name: str
    of: frozenset[str]
    status: frozenset[str]
    stage: frozenset[str]
    tier: frozenset[str]
    days: int
    """0 = for ever."""
    why: Mapping[str, str]
    """By language."""

    def fits(self, piece: "Piece") -> bool:
        """Tell whether it speaks of a piece of evidence."""
        pairs = ((self.of, piece.name), (self.status, piece.status), (self.stage, piece.stage), (self.tier, piece.tier))
        return all(not names or value in names for names, value in pairs)


@dataclass(frozen=True, slots=True)
class Piece:
    """What a rule needs to know of a piece of evidence, or of a photo: that has no status, and a tier with its case."""

    name: str
    status: str
    stage: str
    """Of its case, or enrolled, or none."""
    tier: str
    touched_at: datetime
    """The last change of its case, event or spot, else when it was stored."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Every rule, in the order in which they are asked."""

    edition: str
    rules: tuple[Rule, ...]

    def rule_for(self, piece: Piece) -> Rule | None:
        """Return the rule that decides; None = nobody said anything, so it is kept."""
        return next((rule for rule in self.rules if rule.fits(piece)), None)

    def expired(self, piece: Piece, at: datetime) -> Rule | None:
        """Return the rule by which a piece is to be deleted now; None = it is kept."""
        rule = self.rule_for(piece)
        over = rule is not None and rule.days > 0 and at >= piece.touched_at + timedelta(days=rule.days)
        return rule if over else None

    def shortest(self) -> timedelta:
        """Return the shortest time after which anything is deleted: what is younger need not be looked at."""
        return timedelta(days=min((rule.days for rule in self.rules if rule.days), default=36_500))


@cache
def load_policy(path: Path = RULES) -> Policy:
    """Read the policy; ConfigError names the entry and key that are wrong."""
    root = Table("", tomllib.loads(path.read_text(encoding="utf-8")), path.name)
    root.only("edition", "rule")
    edition = root.day("edition")
    if edition is None:
        raise root.refusal("edition", None, "a date such as 2026-11-26, without quotes")
    rules = tuple(map(_rule, root.rows("rule")))
    names = [rule.name for rule in rules]
    if len(set(names)) < len(names):
        raise root.refusal("rule", names, "names that are all different")
    return Policy(edition.isoformat(), rules)


def _rule(row: Table) -> Rule:
    row.only("name", "of", "status", "stage", "tier", "days", "zh", "en")
    days = row.values.get("days")
    if not isinstance(days, int) or isinstance(days, bool) or not 0 <= days <= 36_500:
        raise row.refusal("days", days, "a whole number from 0 (for ever) to 36500")
    return Rule(
        name=row.text("name"),
        of=_names(row, "of", (*MEDIA, *PHOTOS)),
        status=_names(row, "status", STATUSES),
        stage=_names(row, "stage", STAGES),
        tier=_names(row, "tier", TIERS),
        days=days,
        why={"zh": row.text("zh"), "en": row.text("en")},
    )


def _names(row: Table, key: str, known: Sequence[str]) -> frozenset[str]:
    return frozenset(row.choices(key, {name: name for name in known}))


def rule_body(rule: Rule) -> dict[str, Any]:
    """Return a rule as people read it."""
    lists = {name: sorted(getattr(rule, name)) for name in ("of", "status", "stage", "tier")}
    return {"name": rule.name, **lists, "days": rule.days, "why": dict(rule.why)}
