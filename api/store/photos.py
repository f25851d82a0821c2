"""Photos: phones, challenges, proofs and their files, and where a picture like this one was seen before."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Connection,
    RowMapping,
    Select,
    delete,
    insert,
    select,
    tuple_,
    union,
    update,
)

from api.photos.challenge import TTL, Binding, Challenge, Subject
from api.photos.likeness import BANDS, MOST_BITS, bands, distance, neighbours
from api.store.keeping_schema import photo_deletions
from api.store.photo_schema import (
    photo_challenges,
    photo_devices,
    photo_files,
    photo_hashes,
    photo_prints,
    photo_spots,
    photos,
)
from api.store.schema import sites, users
from api.store.scope import Scope, sites_within

_KEPT = timedelta(days=1)
"""A challenge that nobody used."""
PRINTS_KEPT = 50
"""Of the newest pictures of a site."""
ORIGINALS = ("scene", "portrait")


def device(connection: Connection, device_id: str) -> RowMapping | None:
    """Return one phone."""
    return connection.execute(select(photo_devices).where(photo_devices.c.id == device_id)).mappings().first()


def devices(connection: Connection, scope: Scope, user_id: str = "") -> Sequence[RowMapping]:
    """Return the phones of the sites in scope, newest first; with `user_id` of one account only."""
    query = (
        select(photo_devices, users.c.name.label("user_name"))
        .join(sites, sites.c.id == photo_devices.c.site_id)
        .join(users, users.c.id == photo_devices.c.user_id)
        .where(sites_within(scope))
        .order_by(photo_devices.c.registered_at.desc(), photo_devices.c.id)
    )
    return connection.execute(query.where(photo_devices.c.user_id == user_id) if user_id else query).mappings().all()


def devices_of_number(connection: Connection, phone: str) -> Sequence[RowMapping]:
    """Return every phone that was not retired and has this number."""
    query = select(photo_devices).where(photo_devices.c.phone == phone, photo_devices.c.state != "retired")
    return connection.execute(query).mappings().all()


def add_device(connection: Connection, values: Mapping[str, Any]) -> None:
    """Insert a phone."""
    connection.execute(insert(photo_devices).values(**values))


def decide_device(connection: Connection, device_id: str, state: str, by: str, at: datetime) -> None:
    """Approve or retire a phone."""
    change = update(photo_devices).where(photo_devices.c.id == device_id)
    connection.execute(change.values(state=state, decided_by=by, decided_at=at))


def add_challenge(connection: Connection, challenge: Challenge) -> None:
    """Insert a fresh challenge and forget those that nobody used for a day."""
    stale = (photo_challenges.c.issued_at < challenge.issued_at - _KEPT, photo_challenges.c.used_at.is_(None))
    connection.execute(delete(photo_challenges).where(*stale))
    bound = challenge.binding
    row = {"user_id": bound.user, "site_id": bound.site, "device_id": bound.device, "about": bound.about}
    plain = {"id": challenge.id, "nonce": challenge.nonce, "issued_at": challenge.issued_at, "tries": 0}
    connection.execute(insert(photo_challenges).values(subject=str(bound.subject), used_at=None, **plain, **row))


def live_challenges(connection: Connection, user_id: str, now: datetime) -> Sequence[str]:
    """Return the challenges of an account that can still be used."""
    query = select(photo_challenges.c.id).where(
        photo_challenges.c.user_id == user_id,
        photo_challenges.c.issued_at > now - TTL,
        photo_challenges.c.used_at.is_(None),
    )
    return connection.execute(query).scalars().all()


def challenge(connection: Connection, challenge_id: str, *, lock: bool = False) -> Challenge | None:
    """Return a challenge as it stands; with `lock` nobody else uses it in this transaction."""
    query = select(photo_challenges).where(photo_challenges.c.id == challenge_id)
    row = connection.execute(query.with_for_update() if lock else query).mappings().first()
    if row is None:
        return None
    who = (row["user_id"], row["site_id"], row["device_id"])
    binding = Binding(*who, Subject(row["subject"]), row["about"])
    return Challenge(row["id"], row["nonce"], binding, row["issued_at"], row["tries"], row["used_at"])


def put_challenge(connection: Connection, changed: Challenge) -> None:
    """Write how often it was tried and whether it is used."""
    change = update(photo_challenges).where(photo_challenges.c.id == changed.id)
    connection.execute(change.values(tries=changed.tries, used_at=changed.used_at))


@dataclass(frozen=True, slots=True)
class Taken:
    """A proof that was accepted, with all that is kept of it."""

    row: Mapping[str, Any]
    files: Sequence[Mapping[str, Any]]
    hashes: Mapping[str, int]
    """By name of the picture."""
    prints: Mapping[str, bytes]


def add(connection: Connection, taken: Taken) -> None:
    """Insert a proof; the prints of the site's older pictures make room."""
    connection.execute(insert(photos).values(**taken.row))
    connection.execute(insert(photo_files), [dict(file) for file in taken.files])
    photo = {"photo_id": taken.row["id"]}
    connection.execute(insert(photo_hashes), [{**photo, **hash_row(name, h)} for name, h in taken.hashes.items()])
    place = {"site_id": taken.row["site_id"], "at": taken.row["received_at"]}
    rows = [{**photo, **place, "name": name, "print": content} for name, content in taken.prints.items()]
    connection.execute(insert(photo_prints), rows)
    _make_room(connection, taken.row["site_id"])


def hash_row(name: str, value: int) -> dict[str, Any]:
    """Return the columns of one hash."""
    return {"name": name, "hash": value, **{f"band_{n}": band for n, band in enumerate(bands(value))}}


def _make_room(connection: Connection, site_id: str) -> None:
    key = (photo_prints.c.photo_id, photo_prints.c.name)
    newest = select(*key).where(photo_prints.c.site_id == site_id).order_by(photo_prints.c.at.desc())
    kept = connection.execute(newest.offset(PRINTS_KEPT).limit(PRINTS_KEPT)).all()
    if kept:
        connection.execute(delete(photo_prints).where(tuple_(*key).in_([tuple(row) for row in kept])))


def with_bytes(connection: Connection, digests: Iterable[str]) -> Sequence[RowMapping]:
    """Return the photos of which an original has, or had before it was deleted, exactly these bytes, anywhere."""
    wanted, found = list(digests), list[RowMapping]()
    for table in (photo_files, photo_deletions):
        query = (
            select(photos.c.id, photos.c.site_id)
            .join(table, table.c.photo_id == photos.c.id)
            .where(table.c.sha256.in_(wanted), table.c.name.in_(ORIGINALS))
        )
        found += connection.execute(query).mappings().all()
    return found


def like(connection: Connection, value: int) -> Sequence[tuple[str, str, int]]:
    """Return (photo, site, bits of difference) of every picture anywhere that differs by `MOST_BITS` at most."""
    found = connection.execute(candidates(value)).all()
    near = {row_id: distance(other, value) for other, row_id in found if distance(other, value) <= MOST_BITS}
    query = (
        select(photo_hashes.c.id, photos.c.id.label("photo"), photos.c.site_id)
        .join(photos, photos.c.id == photo_hashes.c.photo_id)
        .where(photo_hashes.c.id.in_(list(near)))
    )
    return [(photo, site, near[row_id]) for row_id, photo, site in connection.execute(query)] if near else []


def candidates(value: int) -> Any:
    """Return the query for (hash, row id) of all whose hash can be near: answered by the four indexes alone."""
    columns = [photo_hashes.c[f"band_{number}"] for number in range(BANDS)]
    pairs = zip(columns, bands(value), strict=True)
    return union(
        *(select(photo_hashes.c.hash, photo_hashes.c.id).where(column.in_(neighbours(band))) for column, band in pairs)
    )


def prints_of(connection: Connection, site_id: str) -> Sequence[RowMapping]:
    """Return the prints of the newest pictures of a site."""
    query = select(photo_prints.c.photo_id, photo_prints.c.name, photo_prints.c.print)
    return connection.execute(query.where(photo_prints.c.site_id == site_id)).mappings().all()


def _listed(scope: Scope) -> Select[Any]:
    return (
        select(
            photos,
            users.c.name.label("user_name"),
            sites.c.name.label("site_name"),
            sites.c.time_zone,
            photo_devices.c.phone,
            photo_devices.c.name.label("device_name"),
        )
        .join(sites, sites.c.id == photos.c.site_id)
        .join(users, users.c.id == photos.c.user_id)
        .join(photo_devices, photo_devices.c.id == photos.c.device_id)
        .where(sites_within(scope))
    )


def find(connection: Connection, scope: Scope, photo_id: str) -> RowMapping | None:
    """Return one proof."""
    return connection.execute(_listed(scope).where(photos.c.id == photo_id)).mappings().first()


@dataclass(frozen=True, slots=True)
class PhotoFilter:
    """Which proofs; empty does not restrict."""

    site: str = ""
    subject: str = ""
    about: str = ""
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class PhotoPage:
    """Which part of the list, newest first."""

    limit: int
    behind: tuple[datetime, str] | None = None


def page(connection: Connection, scope: Scope, wanted: PhotoFilter, part: PhotoPage) -> Sequence[RowMapping]:
    """Return up to `limit + 1` proofs; the one too many tells that there is a next page."""
    names = {"site": "site_id", "subject": "subject", "about": "about", "outcome": "outcome"}
    chosen = [photos.c[column] == getattr(wanted, name) for name, column in names.items() if getattr(wanted, name)]
    query = _listed(scope).where(*chosen)
    place = (photos.c.received_at, photos.c.id)
    if part.behind is not None:
        query = query.where(tuple_(*place) < tuple_(*part.behind, types=(place[0].type, place[1].type)))
    order = (column.desc() for column in place)
    return connection.execute(query.order_by(*order).limit(part.limit + 1)).mappings().all()


def about(connection: Connection, subject: Subject, about_id: str, photo_ids: Iterable[str]) -> Sequence[RowMapping]:
    """Return those of these proofs that are about one thing."""
    query = select(photos).where(
        photos.c.id.in_(list(photo_ids)), photos.c.subject == str(subject), photos.c.about == about_id
    )
    return connection.execute(query).mappings().all()


def files_of(connection: Connection, photo_ids: Iterable[str]) -> Sequence[RowMapping]:
    """Return the files of these proofs that can be fetched."""
    query = select(photo_files).where(photo_files.c.photo_id.in_(list(photo_ids)), photo_files.c.missing_at.is_(None))
    return connection.execute(query.order_by(photo_files.c.photo_id, photo_files.c.name)).mappings().all()


def every_file(connection: Connection) -> Iterable[RowMapping]:
    """Yield every row, for `mingchu check`."""
    yield from connection.execute(select(photo_files).order_by(photo_files.c.key)).mappings()


def mark_missing(connection: Connection, photo_id: str, name: str, at: datetime | None) -> None:
    """Remember since when an object is known to be lost."""
    here = (photo_files.c.photo_id == photo_id) & (photo_files.c.name == name)
    connection.execute(update(photo_files).where(here).values(missing_at=at))


def add_spot(connection: Connection, photo_id: str, site_id: str, name: str) -> None:
    """Enrol a spot; it counts once it is approved."""
    row = {"photo_id": photo_id, "site_id": site_id, "name": name, "state": "pending"}
    connection.execute(insert(photo_spots).values(**row, decided_at=None, decided_by=None))


def spots(connection: Connection, scope: Scope, site_id: str) -> Sequence[RowMapping]:
    """Return the spots of a site, newest first."""
    query = (
        select(photo_spots, photos.c.received_at)
        .join(photos, photos.c.id == photo_spots.c.photo_id)
        .join(sites, sites.c.id == photo_spots.c.site_id)
        .where(sites_within(scope), photo_spots.c.site_id == site_id)
    )
    return connection.execute(query.order_by(photos.c.received_at.desc())).mappings().all()


def decide_spot(connection: Connection, photo_id: str, state: str, by: str, at: datetime) -> None:
    """Approve or remove a spot."""
    change = update(photo_spots).where(photo_spots.c.photo_id == photo_id)
    connection.execute(change.values(state=state, decided_by=by, decided_at=at))


def references(connection: Connection, site_id: str, limit: int) -> Sequence[str]:
    """Return the keys of the newest approved spots of a site."""
    query = (
        select(photo_files.c.key)
        .join(photo_spots, photo_spots.c.photo_id == photo_files.c.photo_id)
        .join(photos, photos.c.id == photo_files.c.photo_id)
        .where(photo_spots.c.site_id == site_id, photo_spots.c.state == "approved", photo_files.c.name == "scene")
        .where(photo_files.c.missing_at.is_(None))
    )
    return connection.execute(query.order_by(photos.c.received_at.desc()).limit(limit)).scalars().all()


def keys_known(connection: Connection, keys: Iterable[str]) -> set[str]:
    """Return those of these object keys that a row names."""
    query = select(photo_files.c.key).where(photo_files.c.key.in_(list(keys)))
    return set(connection.execute(query).scalars())
