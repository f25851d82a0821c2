"""The JSON of cases: what each is, whose clock runs and why, what was done, and what may be done next."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from api.bodies import event_data, instant, version_etag
from api.cases.clocks import PARTIES
from api.cases.machine import Action, Need, stopped_by
from api.cases.orders import LANGUAGES, load_texts
from api.store.case_rows import clock_of
from api.store.case_schema import NEVER

Row = Mapping[Any, Any]


def case_body(row: Row, clocks: Iterable[Row], now: datetime, officer: str | None = None) -> dict[str, Any]:
    """Return a case as lists need it: with the clocks that are not stopped, and the officer who answers for it."""
    plain = ("id", "kind", "tier", "stage", "appeal", "card", "turn", "repeats", "site_name", "version")
    due_at = None if row["due_at"] == NEVER else row["due_at"]
    return {
        **{name: row[name] for name in plain},
        "site": row["site_id"],
        "time_zone": row["site_time_zone"],
        "day": row["day"].isoformat(),
        "event": row["event_id"],
        "event_count": row["events"],
        "began_at": instant(row["began_at"]),
        "updated_at": instant(row["updated_at"]),
        "due_at": instant(due_at),
        "overdue": row["due_at"] <= now,
        "assignee": officer,
        "clocks": [clock_body(clock, now) for clock in clocks if _matters(row, clock, now)],
        "etag": version_etag(row),
    }


def _matters(row: Row, clock: Row, now: datetime) -> bool:
    """Tell whether a clock says something still: the window behind a case that is over ends in silence."""
    return clock["stopped_at"] is None and not (row["turn"] == "none" and clock["due_at"] <= now)


def running_clock(row: Row) -> dict[str, Any]:
    """Return a clock as readers of the log need it."""
    left_s = None if row["left_us"] is None else row["left_us"] / 1e6
    name = row["name"]
    return {"name": name, "party": PARTIES[name], "due_at": instant(row["due_at"]), "paused_left_s": left_s}


def clock_body(row: Row, now: datetime) -> dict[str, Any]:
    """Return a clock with whose it is, why it runs, and what stops it."""
    clock = clock_of(row)
    return {
        **running_clock(row),
        "started_at": instant(clock.started_at),
        "in_working_time": clock.in_working_time,
        "running": clock.is_running,
        "overdue": clock.is_overdue(now),
        "stopped_at": instant(clock.stopped_at),
        "stopped_by": clock.stopped_by,
        "stops_with": [str(action) for action in stopped_by(clock.name)],
        "why": {language: load_texts()[language].clocks[clock.name] for language in LANGUAGES},
        "reminded": row["reminded"],
    }


def permitted_body(actions: Mapping[Action, Iterable[Need]]) -> list[dict[str, Any]]:
    """Return each next step with what it needs and what it will do."""
    return [
        {
            "action": str(action),
            "needs": sorted(needs),
            "does": {language: load_texts()[language].actions[action] for language in LANGUAGES},
        }
        for action, needs in actions.items()
    ]


def member_body(row: Row, evidence: Iterable[Row]) -> dict[str, Any]:
    """Return one event of a case."""
    return {
        **event_data(row, evidence),
        "camera_name": row["camera_name"],
        "joined_at": instant(row["joined_at"]),
        "left_at": instant(row["left_at"]),
        "confirmed_by": row["by"],
    }


def story(members: Sequence[Row], steps: Sequence[Row]) -> list[dict[str, Any]]:
    """Return everything that happened, oldest first; an event comes before the step of the same instant."""
    entries = [*_comings(members), *map(_step, steps)]
    return sorted(entries, key=lambda entry: str(entry["at"]))


def _comings(members: Sequence[Row]) -> Iterable[dict[str, Any]]:
    for row in members:
        plain = {"event": row["event_id"], "by": row["by"], "role": "supervisor"}
        yield {"at": instant(row["joined_at"]), "what": "joined", **plain}
        if row["left_at"] is not None:
            yield {"at": instant(row["left_at"]), "what": "left", **plain}


def _step(row: Row) -> dict[str, Any]:
    instants = {name: instant(row[name]) for name in ("at", "stored_at", "until")}
    plain = {name: row[name] for name in ("number", "by", "role", "reason", "proof")}
    return {**instants, "what": row["action"], **plain}
