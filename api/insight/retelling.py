"""Reads the cases of a site out of the log alone: a score that is computed from it must equal the stored one."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from api.insight.rule import CARDS
from api.insight.scores import CaseFact
from api.messages import PREFIX

_CASE = f"{PREFIX}case."
_SHOWS = {"warn_yellow": "yellow", "find_unfixed": "yellow", "warn_red": "red", "send_inspector": "on_site"}


def retold(lines: Iterable[str]) -> list[CaseFact]:
    """Return every case that these lines of the log speak of, as the last of them leaves it; lines in their order."""
    found: dict[str, CaseFact] = {}
    for line in lines:
        event = json.loads(line)
        if event["type"].startswith(_CASE):
            data = event["data"]
            case = data["case"]
            found[case["id"]] = _after(found.get(case["id"]), data["kind"], case)
    return list(found.values())


def _after(before: CaseFact | None, kind: str, case: Mapping[str, Any]) -> CaseFact:
    plain = {name: case[name] for name in ("tier", "stage", "appeal")}
    fact = replace(before, **plain) if before else CaseFact(case["id"], kind, day=_day(case), **plain)
    action = case["action"]
    if action == "order":
        windows = [clock["due_at"] for clock in case["clocks"] if clock["name"] == "appeal"]
        ends = datetime.fromisoformat(windows[0]) if windows else None
        fact = replace(fact, ordered_at=datetime.fromisoformat(case["at"]), window_ends_at=ends)
    card = max(fact.worst_card, _SHOWS.get(action, "none"), key=CARDS.index)
    return replace(fact, worst_card=card)


def _day(case: Mapping[str, Any]) -> date:
    return date.fromisoformat(case["day"])
