"""Media: what is in the object store for each event, by role."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, select, update

from api.store.database import insert_new
from api.store.schema import media


def find(connection: Connection, event_id: str, name: str) -> RowMapping | None:
    """Return one piece of evidence; the caller's scope was checked on its event."""
    query = select(media).where(media.c.event_id == event_id, media.c.name == name)
    return connection.execute(query).mappings().first()


def of_events(connection: Connection, event_ids: Iterable[str]) -> Mapping[str, Sequence[RowMapping]]:
    """Return the evidence that can be fetched, by event."""
    query = select(media).where(media.c.event_id.in_(list(event_ids)), media.c.missing_at.is_(None))
    found: defaultdict[str, list[RowMapping]] = defaultdict(list)
    for row in connection.execute(query).mappings():
        found[row["event_id"]].append(row)
    return found


def everything(connection: Connection) -> Iterable[RowMapping]:
    """Yield every row, for `mingchu check`."""
    yield from connection.execute(select(media).order_by(media.c.key)).mappings()


def add(connection: Connection, values: Mapping[str, Any]) -> bool:
    """Insert a row; False when this role of this event is taken."""
    return insert_new(connection, media, values)


def restore(connection: Connection, event_id: str, name: str) -> None:
    """A lost object was sent again."""
    mark_missing(connection, event_id, name, None)


def mark_missing(connection: Connection, event_id: str, name: str, at: Any) -> None:
    """Remember since when an object is known to be lost."""
    row = (media.c.event_id == event_id) & (media.c.name == name)
    connection.execute(update(media).where(row).values(missing_at=at))
