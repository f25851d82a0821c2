"""Papers and batches: what each site holds, every scan, and where a batch has gone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, RowMapping, case, func, insert, or_, select, tuple_, update

from api.coldchain.machine import Batch, Scan
from api.coldchain.papers import Kind, Paper
from api.store.coldchain_schema import batch_scans, batch_traces, batches, documents
from api.store.schema import sites, users
from api.store.scope import Scope, sites_within


def add_batch(connection: Connection, values: Mapping[str, Any]) -> None:
    """Insert a batch that was just coded."""
    connection.execute(insert(batches).values(**values, recalled_at=None, recalled_by=None, recall_reason=""))


def batch(connection: Connection, code: str, *, lock: bool = False) -> RowMapping | None:
    """Return a batch, wherever it is: who has read its code stands before it."""
    query = select(batches, sites.c.name.label("site_name")).join(sites, sites.c.id == batches.c.site_id)
    query = query.where(batches.c.code == code)
    return connection.execute(query.with_for_update(of=batches) if lock else query).mappings().first()


def was_here(connection: Connection, scope: Scope, code: str) -> bool:
    """Tell whether a batch was coded or scanned at a site in scope."""
    scanned = select(batch_scans.c.site_id).where(batch_scans.c.code == code)
    coded = select(batches.c.site_id).where(batches.c.code == code)
    query = select(sites.c.id).where(sites_within(scope), or_(sites.c.id.in_(scanned), sites.c.id.in_(coded)))
    return connection.execute(query.limit(1)).first() is not None


def recall(connection: Connection, code: str, by: str, reason: str, at: datetime) -> None:
    """Stop a batch everywhere."""
    change = update(batches).where(batches.c.code == code)
    connection.execute(change.values(recalled_at=at, recalled_by=by, recall_reason=reason))


def state_at(connection: Connection, row: Mapping[Any, Any], site_id: str) -> Batch:
    """Return what matters of a batch for a scan at a site."""
    papers = tuple(Paper(Kind(each["kind"]), each["expires_on"]) for each in papers_of(connection, row["code"]))
    return Batch(row["recalled_at"] is not None, row["expires_on"], papers, stock(connection, row["code"], site_id))


def stock(connection: Connection, code: str, site_id: str) -> Decimal:
    """Return how much of a batch a site has."""
    amount = batch_scans.c.thousandths
    signed = case((batch_scans.c.direction == "in", amount), else_=-amount)
    query = select(func.coalesce(func.sum(signed), 0)).where(
        batch_scans.c.code == code, batch_scans.c.site_id == site_id, batch_scans.c.refused == ""
    )
    return amount_of(int(connection.execute(query).scalar_one()))


def amount_of(thousandths: int) -> Decimal:
    """Return an amount as people write it."""
    return Decimal(thousandths) / 1000


@dataclass(frozen=True, slots=True)
class Who:
    """Who scans, where and when."""

    user: str
    site: str
    at: datetime


def add_scan(connection: Connection, code: str, who: Who, scan: Scan, refused: str) -> None:
    """Write a scan, also one that was refused."""
    row = {"code": code, "site_id": who.site, "user_id": who.user, "direction": scan.direction}
    thousandths = int(scan.amount * 1000)
    connection.execute(insert(batch_scans).values(**row, thousandths=thousandths, at=who.at, refused=refused))


def scans(connection: Connection, scope: Scope, code: str) -> Sequence[RowMapping]:
    """Return every scan of a code at the sites in scope, oldest first."""
    query = (
        select(batch_scans, sites.c.name.label("site_name"))
        .join(sites, sites.c.id == batch_scans.c.site_id)
        .where(sites_within(scope), batch_scans.c.code == code)
    )
    return connection.execute(query.order_by(batch_scans.c.id)).mappings().all()


def sites_elsewhere(connection: Connection, scope: Scope, code: str) -> int:
    """Return how many sites that are not the caller's have accepted a batch: counted, not named (I9)."""
    inside = select(sites.c.id).where(sites_within(scope))
    query = select(func.count(func.distinct(batch_scans.c.site_id))).where(
        batch_scans.c.code == code, batch_scans.c.refused == "", batch_scans.c.site_id.not_in(inside)
    )
    return int(connection.execute(query).scalar_one())


def refusals(
    connection: Connection, scope: Scope, limit: int, behind: tuple[datetime, int] | None
) -> Sequence[RowMapping]:
    """Return up to `limit + 1` refused scans, newest first."""
    place = (batch_scans.c.at, batch_scans.c.id)
    query = (
        select(batch_scans, sites.c.name.label("site_name"))
        .join(sites, sites.c.id == batch_scans.c.site_id)
        .where(sites_within(scope), batch_scans.c.refused != "")
    )
    if behind is not None:
        query = query.where(tuple_(*place) < tuple_(*behind, types=(place[0].type, place[1].type)))
    return connection.execute(query.order_by(*(c.desc() for c in place)).limit(limit + 1)).mappings().all()


def add_trace(connection: Connection, values: Mapping[str, Any]) -> None:
    """Insert a question where a batch has gone."""
    connection.execute(insert(batch_traces).values(**values, answered_at=None, answered_by=None, answer=""))


def trace(connection: Connection, trace_id: str, *, lock: bool = False) -> RowMapping | None:
    """Return one question."""
    query = select(batch_traces, users.c.name.label("asker"), users.c.region_id).join(
        users, users.c.id == batch_traces.c.asked_by
    )
    query = query.where(batch_traces.c.id == trace_id)
    return connection.execute(query.with_for_update(of=batch_traces) if lock else query).mappings().first()


def answer_trace(connection: Connection, trace_id: str, by: str, answer: str, at: datetime) -> None:
    """Answer a question."""
    change = update(batch_traces).where(batch_traces.c.id == trace_id)
    connection.execute(change.values(answered_at=at, answered_by=by, answer=answer))


def add_document(connection: Connection, values: Mapping[str, Any]) -> None:
    """Insert a paper."""
    connection.execute(insert(documents).values(**values, ended_at=None))


def end_document(connection: Connection, document_id: str, at: datetime) -> None:
    """Let a paper count no longer."""
    connection.execute(update(documents).where(documents.c.id == document_id).values(ended_at=at))


def document(connection: Connection, scope: Scope, document_id: str) -> RowMapping | None:
    """Return one paper."""
    query = select(documents).join(sites, sites.c.id == documents.c.site_id)
    return connection.execute(query.where(sites_within(scope), documents.c.id == document_id)).mappings().first()


def papers_of(connection: Connection, code: str) -> Sequence[RowMapping]:
    """Return the papers of a batch that count."""
    query = select(documents).where(documents.c.batch_code == code, documents.c.ended_at.is_(None))
    return connection.execute(query.order_by(documents.c.added_at, documents.c.id)).mappings().all()


@dataclass(frozen=True, slots=True)
class PaperFilter:
    """Which papers; empty and None do not restrict."""

    site: str = ""
    kind: str = ""
    ends_before: date | None = None
    """Whose last day lies before this one."""


def papers(
    connection: Connection, scope: Scope, wanted: PaperFilter, limit: int, behind: tuple[str, str] | None
) -> Sequence[RowMapping]:
    """Return up to `limit + 1` papers that count, the one that ends first first; those without an end last."""
    far = date(9999, 1, 1)
    ends = func.coalesce(documents.c.expires_on, far)
    query = (
        select(documents, sites.c.name.label("site_name"), sites.c.time_zone)
        .join(sites, sites.c.id == documents.c.site_id)
        .where(sites_within(scope), documents.c.ended_at.is_(None))
    )
    for column, value in ((documents.c.site_id, wanted.site), (documents.c.kind, wanted.kind)):
        query = query.where(column == value) if value else query
    if wanted.ends_before is not None:
        query = query.where(documents.c.expires_on < wanted.ends_before)
    if behind is not None:
        last = (date.fromisoformat(behind[0]), behind[1])
        types = (documents.c.expires_on.type, documents.c.id.type)
        query = query.where(tuple_(ends, documents.c.id) > tuple_(*last, types=types))
    return connection.execute(query.order_by(ends, documents.c.id).limit(limit + 1)).mappings().all()
