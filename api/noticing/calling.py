"""The list of telephone calls: which sites answer neither order nor card, and who there is to be rung."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from api.auth.caller import Caller
from api.bodies import instant
from api.casework.ordering import kind_names
from api.store import cases, threads
from api.store.case_schema import NEVER

Row = Mapping[Any, Any]
QUIET = {"reached": timedelta(hours=24), "no_answer": timedelta(hours=1)}
"""How long nobody rings again after a call that ended like this."""
SEVERITY = {"on_site": 0, "red": 1, "yellow": 2, "none": 3}
ROLES: Mapping[str, Sequence[str]] = {
    "none": ("officer", "director", "principal", "other"),
    "yellow": ("officer", "director", "principal", "other"),
    "red": ("director", "principal", "officer", "other"),
    "on_site": ("principal", "director", "officer", "inspector", "other"),
}
"""Whom a card concerns, in the order in which they are rung: the graver, the higher."""
SEARCHED = 1000
"""Overdue cases that are looked at for one list; whoever has more does not ring them one by one."""


def call_list(connection: Connection, caller: Caller, now: datetime, limit: int) -> list[dict[str, Any]]:
    """Return the calls that are due, the gravest card first, then the longest overdue."""
    rows = cases.unanswered(connection, caller.scope, now, SEARCHED)
    made = threads.calls_of(connection, [row["id"] for row in rows])
    due = [row for row in rows if is_due(made.get(row["id"], ()), now)]
    due.sort(key=lambda row: (SEVERITY[row["card"]], len(row["tier"]), row["due_at"], row["id"]))
    return [_call(row, made.get(row["id"], ())) for row in due[:limit]]


def is_due(calls: Sequence[Row], now: datetime) -> bool:
    """Tell whether it is time to ring, after the calls that were made, newest first."""
    last = {outcome: threads.last_call_at(calls, outcome) for outcome in QUIET}
    return all(at is None or now - at >= QUIET[outcome] for outcome, at in last.items())


def to_ring(contacts: Sequence[Mapping[str, str]], card: str) -> list[dict[str, str]]:
    """Return the contacts whom a card concerns, in the order in which they are rung."""
    order = ROLES[card]
    return sorted(
        (dict(each) for each in contacts if each["role"] in order), key=lambda each: order.index(each["role"])
    )


def _call(row: Row, calls: Sequence[Row]) -> dict[str, Any]:
    plain = {name: row[name] for name in ("kind", "tier", "card", "stage", "site_name")}
    return {
        **plain,
        "case": row["id"],
        "site": row["site_id"],
        "time_zone": row["site_time_zone"],
        "kind_names": kind_names(row["kind"]),
        "overdue_since": None if row["due_at"] == NEVER else instant(row["due_at"]),
        "contacts": to_ring(row["site_contacts"] or (), row["card"]),
        "calls": [
            {"at": instant(call["at"]), **{name: call[name] for name in ("by", "contact_role", "outcome", "text")}}
            for call in calls
        ],
    }
