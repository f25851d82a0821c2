"""What happened to a case goes into the log, whose readers need no second question, and into the audit trail."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from api.audit import Act
from api.audit import record as note
from api.bodies import event_data, instant
from api.casework.bodies import running_clock
from api.casework.holding import Row
from api.insight.scoring import rescore
from api.messages import PREFIX, envelope
from api.store import cases, events, log, media
from api.store.scope import WHOLE

SOURCE = "mingchu/api"
SYSTEM = "system"
_QUIET = frozenset({"reminded", "overdue", "state", "assigned"})
"""What changes no score."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened to a case."""

    action: str
    """The end of its CloudEvents type."""
    mark: str
    """What sets it apart from everything else that happens to this case."""
    at: datetime
    """When it counts; the system may write it later."""
    actor: str = SYSTEM
    """As the audit trail names who did it."""
    told: Mapping[str, Any] = field(default_factory=dict)
    """What else readers of the log are told."""
    audited: bool = True


def tell(connection: Connection, case_id: str, happening: Happening, now: datetime) -> None:
    """Write what happened; the case is told as this transaction has left it."""
    row = cases.find(connection, WHOLE, case_id)
    assert row is not None  # noqa: S101 - written in this transaction
    event = events.find(connection, WHOLE, row["event_id"])
    assert event is not None  # noqa: S101 - the row refers to it
    evidence = media.of_events(connection, [event["id"]]).get(event["id"], ())
    data = {**event_data(event, evidence), "case": _told(connection, row, happening)}
    message_id, phase = f"{row['id']}/{happening.mark}", f"case.{happening.action}"
    body = envelope(message_id, phase, happening.at, SOURCE, data)
    log.append(connection, log.Message(message_id, PREFIX + phase, event["id"], row["site_id"], now, body))
    if happening.action not in _QUIET:
        rescore(connection, [row["site_id"]], now)
    if happening.audited:
        note(connection, Act(happening.actor, phase, row["id"], happening.told), now)


def _told(connection: Connection, row: Row, happening: Happening) -> dict[str, Any]:
    """Return `data.case` of a message."""
    clocks = cases.clocks_of(connection, [row["id"]])[row["id"]]
    plain = ("id", "tier", "stage", "appeal", "card", "turn", "repeats")
    return {
        **{name: row[name] for name in plain},
        "day": row["day"].isoformat(),
        "events": [member["event_id"] for member in cases.members(connection, row["id"])],
        "clocks": [running_clock(clock) for clock in clocks if clock["stopped_at"] is None],
        "action": happening.action,
        "at": instant(happening.at),
        "by": happening.actor,
        **happening.told,
        **({"order": row["order_texts"]} if happening.action == "order" else {}),
    }
