"""Puts everything of a case into one package: what was seen, said and done, and what proves that it is whole."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, select

from api.audit import told as audit_told
from api.auth.caller import Caller
from api.bodies import event_data, instant
from api.casework.bodies import case_body, clock_body, member_body, story
from api.casework.holding import no_case
from api.casework.talking import message_body
from api.dossier.container import Entry, crc_of, entry_of
from api.dossier.sealing import proof_in, seals_covering
from api.dossier.signing import Signer
from api.dossier.verifying import CHAIN, FORMAT, INDEX, SIGNATURE
from api.errors import ConflictError
from api.objects import ObjectStore
from api.photos.bodies import photo_body
from api.photos.challenge import Subject
from api.store import assignments, cases, media, notices, photo_keeping, photos, reviews, threads
from api.store.keeping_schema import day_seals, deletions, sealed_manifests
from api.store.photos import PhotoFilter, PhotoPage
from api.store.schema import audit

Row = Mapping[Any, Any]
_MOST_PROOFS = 500
_SUFFIXES = {"image/jpeg": "jpg", "image/png": "png", "video/mp4": "mp4", "application/json": "json"}


@dataclass(frozen=True, slots=True)
class Collected:
    """All that a package will hold, read in one state of the store."""

    case: Row
    told: Mapping[str, bytes]
    """Files that we write, by name."""
    pieces: Sequence[Row]
    """Rows of the media that go along, each as it lies in the object store."""
    photo_files: Sequence[Row]
    """Rows of the pictures of five-fixed proofs."""


def collect(connection: Connection, caller: Caller, case_id: str, now: datetime) -> Collected:
    """Return what belongs to a case; NotFoundError where this caller has none like it."""
    row = cases.find(connection, caller.scope, case_id)
    if row is None:
        raise no_case(case_id)
    members = cases.events_of(connection, case_id)
    ids = [member["id"] for member in members]
    evidence = media.of_events(connection, ids)
    pieces = [piece for event_id in ids for piece in sorted(evidence.get(event_id, ()), key=lambda each: each["name"])]
    proofs = _proofs(connection, caller, case_id)
    proof_ids = [each["id"] for each in proofs]
    told = {
        "case.json": _case(connection, row, members, evidence, now),
        "reviews.json": {event_id: _reviews(connection, event_id) for event_id in ids},
        "order.json": _order(connection, caller, row),
        "thread.json": _thread(connection, case_id),
        "deletions.json": _deletions(connection, ids, proof_ids),
        CHAIN: _chain(connection, case_id, ids, proof_ids),
        **{f"photos/{each['id']}/proof.json": photo_body(each, (), in_full=False) for each in proofs},
        **{f"events/{each['id']}/event.json": event_data(each, evidence.get(each["id"], ())) for each in members},
    }
    files = photos.files_of(connection, proof_ids)
    return Collected(row, {name: _written(value) for name, value in told.items()}, pieces, files)


def _proofs(connection: Connection, caller: Caller, case_id: str) -> Sequence[Row]:
    """Return the five-fixed proofs about a case, with the verdict of each check."""
    wanted = PhotoFilter(subject=Subject.CASE, about=case_id)
    return photos.page(connection, caller.scope, wanted, PhotoPage(_MOST_PROOFS))


def _written(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1, default=str).encode()


def _case(connection: Connection, row: Row, members: Sequence[Row], evidence: Any, now: datetime) -> dict[str, Any]:
    clocks = cases.clocks_of(connection, [row["id"]])[row["id"]]
    return {
        **case_body(row, clocks, now, assignments.of_cases(connection, [row["id"]]).get(row["id"])),
        "policy": row["policy"],
        "terms": row["terms"],
        "events": [member_body(member, evidence.get(member["id"], ())) for member in members],
        "story": story(members, cases.steps_of(connection, row["id"])),
        "clocks": [clock_body(clock, now) for clock in clocks],
    }


def _reviews(connection: Connection, event_id: str) -> list[dict[str, Any]]:
    plain = ("number", "verdict", "reason", "note", "by")
    return [
        {**{name: row[name] for name in plain}, "at": instant(row["at"])}
        for row in reviews.history(connection, event_id)
    ]


def _order(connection: Connection, caller: Caller, row: Row) -> dict[str, Any] | None:
    order = notices.of_case(connection, row["id"])
    if order is None:
        return None
    receipts = notices.receipts(connection, caller.scope, order["id"], (1000, ""), unread=False)
    read = [
        {"recipient": each["recipient"], "read_at": instant(each["read_at"]), "read_by": each["reader"]}
        for each in receipts
    ]
    return {"sent_at": instant(order["sent_at"]), "by": order["sender"], "texts": order["texts"], "receipts": read}


def _thread(connection: Connection, case_id: str) -> list[dict[str, Any]]:
    readings = threads.readings_of(connection, case_id)
    return [message_body(row, readings) for row in threads.of_case(connection, case_id)]


def _deletions(connection: Connection, ids: Sequence[str], proof_ids: Sequence[str]) -> list[dict[str, Any]]:
    query = select(deletions).where(deletions.c.event_id.in_(ids)).order_by(deletions.c.deleted_at, deletions.c.name)
    rows = [*connection.execute(query).mappings(), *photo_keeping.deleted_of(connection, proof_ids)]
    plain = ("event_id", "photo_id", "name", "sha256", "size_bytes", "rule", "edition")
    return [
        {**{name: row[name] for name in plain if name in row}, "deleted_at": instant(row["deleted_at"])} for row in rows
    ]


def _chain(connection: Connection, case_id: str, ids: Sequence[str], proof_ids: Sequence[str]) -> dict[str, Any]:
    """Return the audit rows of a case, its events and proofs, and that they and the manifests are under days' roots."""
    query = select(audit).where(audit.c.target.in_([case_id, *ids, *proof_ids])).order_by(audit.c.sequence)
    rows = connection.execute(query).mappings().all()
    covering = seals_covering(connection, [row["sequence"] for row in rows])
    proofs = [
        _proof(connection, covering[row["sequence"]], row["digest"], f"audit row {row['sequence']}")
        for row in rows
        if row["sequence"] in covering
    ]
    seals = {seal["day"]: seal for seal in covering.values()}
    for seal, sealed in _sealed_manifests(connection, ids):
        seals[seal["day"]] = seal
        proofs.append(_proof(connection, seal, sealed["sha256"], f"the manifest of {sealed['event_id']}"))
    return {
        "audit": [audit_told(row) for row in rows],
        "not_sealed_yet": [row["sequence"] for row in rows if row["sequence"] not in covering],
        "days": [day_body(seals[day]) for day in sorted(seals)],
        "proofs": proofs,
    }


def _sealed_manifests(connection: Connection, ids: Sequence[str]) -> Iterator[tuple[Row, Row]]:
    query = select(sealed_manifests).where(sealed_manifests.c.event_id.in_(ids))
    for row in connection.execute(query.order_by(sealed_manifests.c.day, sealed_manifests.c.number)).mappings().all():
        seal = connection.execute(select(day_seals).where(day_seals.c.day == row["day"])).mappings().one()
        yield seal, row


def _proof(connection: Connection, seal: Row, record: str, of: str) -> dict[str, Any]:
    return {"of": of, "record": record, "day": seal["day"].isoformat(), "path": proof_in(connection, seal, record)}


def day_body(seal: Row) -> dict[str, Any]:
    """Return the root of a day as it is published."""
    plain = {name: seal[name] for name in ("root", "first_audit", "last_audit", "manifests")}
    times = {name: instant(seal[name]) for name in ("sealed_at", "stamped_at")}
    return {"day": seal["day"].isoformat(), **plain, **times, "stamp": seal["stamp"] or None}


def piece_name(piece: Row) -> str:
    """Return where a piece of evidence lies in a package."""
    if "photo_id" in piece:
        return f"photos/{piece['photo_id']}/{piece['name']}.jpg"
    return f"events/{piece['event_id']}/{piece['name']}.{_SUFFIXES.get(piece['media_type'], 'bin')}"


def packed(
    collected: Collected, summary: bytes, objects: ObjectStore, signer: Signer, made: tuple[str, datetime]
) -> list[Entry]:
    """Return every entry of the package, the signed index first.

    Raises:
        ConflictError: a piece of evidence is lost or has other bytes than its row says; `mingchu check` finds it, too.
    """
    entries = [entry_of("summary.pdf", summary)]
    entries += [entry_of(name, collected.told[name]) for name in sorted(collected.told)]
    hashes = [sha256(b"".join(entry.content())).hexdigest() for entry in entries]
    stored = (*collected.pieces, *collected.photo_files)
    entries += [_piece(objects, piece) for piece in stored]
    hashes += [piece["sha256"] for piece in stored]
    by, at = made
    files = [
        {"name": entry.name, "size_bytes": entry.size_bytes, "sha256": digest}
        for entry, digest in zip(entries, hashes, strict=True)
    ]
    facts = {"format": FORMAT, "case": collected.case["id"], "made_at": instant(at), "made_by": by}
    index = _written({**facts, "key": signer.public, "files": files})
    return [entry_of(INDEX, index), entry_of(SIGNATURE, f"{signer.sign(index)}\n".encode()), *entries]


def _piece(objects: ObjectStore, piece: Row) -> Entry:
    name, digest, size_bytes = piece_name(piece), sha256(), 0

    def hashed() -> Iterable[bytes]:
        nonlocal size_bytes
        for chunk in objects.open(piece["key"]):
            digest.update(chunk)
            size_bytes += len(chunk)
            yield chunk

    try:
        crc = crc_of(hashed())
    except FileNotFoundError:
        raise ConflictError(f"{name} is lost: no package can be made of this case (mingchu check)") from None
    if digest.hexdigest() != piece["sha256"]:
        raise ConflictError(f"{name} has other bytes than were stored: no package can be made (mingchu check)")
    return Entry(name, size_bytes, crc, lambda: objects.open(piece["key"]))
