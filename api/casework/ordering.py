"""The text of an order, put together once from what the store knows of the case, and never changed after."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from api.cases.machine import Case
from api.cases.orders import LANGUAGES, Occasion, Quote, written_order, written_warning
from api.casework.holding import Row, book
from api.store import cases
from vision.catalogue import Clause, Place
from vision.events import KindName
from vision.scene import ZoneType


def order_texts(connection: Connection, row: Row, case: Case) -> dict[str, dict[str, str]]:
    """Return title and body by language; `case` is already ordered, so that its deadlines run."""
    return written_order(_occasion(connection, row, case))


def graver_texts(connection: Connection, row: Row, case: Case) -> dict[str, dict[str, str]]:
    """Return what tells a site that something graver has joined; `case` has the shorter deadlines already."""
    return written_warning(_occasion(connection, row, case))


def _occasion(connection: Connection, row: Row, case: Case) -> Occasion:
    members = [member for member in cases.events_of(connection, row["id"]) if member["left_at"] is None]
    first = min(members, key=lambda member: member["started_at"])
    return Occasion(
        case=row["id"],
        site=row["site_name"],
        kind=kind_names(row["kind"]),
        where=f"{first['camera_name'] or first['camera_id']} · {first['data']['zone']['name']}",
        started_at=first["started_at"],
        count=len(members),
        repeats=row["repeats"],
        quotes=tuple(quotes(row, members)),
        clocks=case.clocks,
        time_zone=row["site_time_zone"],
    )


def kind_names(kind: str) -> Mapping[str, str]:
    """Return how people call a kind; one that only a site's own model knows is called by its name."""
    known = book().kinds.get(KindName(kind))
    return {"zh": known.zh, "en": known.en} if known else dict.fromkeys(LANGUAGES, kind)


def quotes(row: Row, members: Sequence[Row]) -> Iterator[Quote]:
    """Yield each provision once; whether its wording is verified says our catalogue, never the sender of an event.

    Where the sender named none, the catalogue's own for this kind, zone, type of site and day.
    """
    told = {clause["id"]: clause for member in members for clause in member["data"]["clause"]}
    for name, clause in told.items():
        yield _quote(name, clause)
    if not told:
        clauses = {clause.id: clause for member in members for clause in _asked(row, member)}
        yield from map(_ours, clauses.values())


def _asked(row: Row, member: Row) -> tuple[Clause, ...]:
    place = Place(ZoneType(member["zone_type"]), row["site_type"], row["site_jurisdiction"])
    duty = book().duty(KindName(row["kind"]), place, row["day"])
    return duty.clauses if duty else ()


def _ours(clause: Clause) -> Quote:
    return Quote(clause.instrument, clause.article, clause.text, clause.verified)


def _quote(name: str, clause: Mapping[str, Any]) -> Quote:
    known = book().clauses.get(name)
    if known is None:
        return Quote(clause["instrument"], clause["article"], clause["text"], verified=False)
    return _ours(known)
