"""`mingchu check`: do rows and objects agree, both ways, and do the chains hold?"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import func, select

from api.audit import breaks
from api.dossier.sealing import broken_seals
from api.objects import ObjectStore
from api.store import events, log, media, photos
from api.store.database import Database
from api.store.schema import log as log_table
from api.viewing import viewings_unlike_audit

YOUNG = timedelta(hours=1)
"""An object may be this old before its row must be there: object first, then row."""


def findings(database: Database, objects: ObjectStore, now: datetime, *, repair: bool) -> Iterator[str]:
    """Yield one line for each thing that is wrong; with `repair` lost objects are marked and stray ones removed."""
    yield from _lost(database, objects, now, repair=repair)
    yield from _lost_photos(database, objects, now, repair=repair)
    yield from _stray(database, objects, now, repair=repair)
    with database.read() as connection:
        head, count = log.head(connection), connection.scalar(select(func.count()).select_from(log_table))
        if head != count:
            yield f"log: {count} lines, but the head says {head}"
        if astray := events.astray(connection):
            yield f"events: {astray} have another region than their site"
        yield from breaks(connection)
        yield from viewings_unlike_audit(connection)
        yield from broken_seals(connection)


def _lost(database: Database, objects: ObjectStore, now: datetime, *, repair: bool) -> Iterator[str]:
    with database.read() as connection:
        rows = [dict(row) for row in media.everything(connection)]
    for row in rows:
        wrong = _wrong(objects, row["key"], row["sha256"])
        if wrong:
            yield f"media {row['event_id']}/{row['name']}: {wrong}"
        if wrong and repair:
            with database.write() as connection:
                media.mark_missing(connection, row["event_id"], row["name"], now)


def _lost_photos(database: Database, objects: ObjectStore, now: datetime, *, repair: bool) -> Iterator[str]:
    with database.read() as connection:
        rows = [dict(row) for row in photos.every_file(connection)]
    for row in rows:
        wrong = _wrong(objects, row["key"], row["sha256"])
        if wrong:
            yield f"photo {row['photo_id']}/{row['name']}: {wrong}"
        if wrong and repair:
            with database.write() as connection:
                photos.mark_missing(connection, row["photo_id"], row["name"], now)


def _wrong(objects: ObjectStore, key: str, expected: str) -> str:
    if objects.stat(key) is None:
        return f"object {key} is lost"
    digest = sha256()
    for chunk in objects.open(key):
        digest.update(chunk)
    return "" if digest.hexdigest() == expected else f"object {key} has other bytes"


def _stray(database: Database, objects: ObjectStore, now: datetime, *, repair: bool) -> Iterator[str]:
    with database.read() as connection:
        kept = (*media.everything(connection), *photos.every_file(connection))
        known = {row["key"] for row in kept}
    for stat in objects.walk():
        if stat.key not in known and now - stat.modified_at > YOUNG:
            yield f"object {stat.key} belongs to no row"
            if repair:
                objects.delete(stat.key)
