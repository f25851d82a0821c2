"""Hands a site over to another region's authority: its people and open cases go with it, and no clock is touched."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from api.audit import Act
from api.audit import record as note
from api.casework.delivering import order_id_of
from api.casework.holding import Row
from api.casework.telling import Happening, tell
from api.store import cases, notices, users


@dataclass(frozen=True, slots=True)
class Handover:
    """From whom to whom, and why."""

    site: Row
    """As it was before; its region is written by the caller."""
    to: str
    """The region."""
    reason: str


def follow_site(connection: Connection, actor: str, handover: Handover, now: datetime) -> None:
    """Let everything follow a site whose region has just changed, in the same transaction, with the log's turn.

    Each open case is told of, with its clocks as they are; the officers who answer for the site from now on get a copy
    of every order that is not fulfilled, and the audit trail says who handed over what, and why.
    """
    site = handover.site["id"]
    users.follow_site(connection, site, handover.to)
    open_cases = cases.unfinished(connection, site)
    told = {"from": handover.site["region_id"], "to": handover.to, "reason": handover.reason}
    officers = notices.local_officers(connection, site)
    for row in open_cases:
        notices.copy_to_new_users(connection, order_id_of(row["id"]), officers)
        mark = f"handover/{handover.site['version'] + 1}"
        tell(connection, row["id"], Happening("handed_over", mark, now, actor, told, audited=False), now)
    ids = [row["id"] for row in open_cases]
    note(connection, Act(actor, "site.handed_over", site, {**told, "cases": ids}), now)
