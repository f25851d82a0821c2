"""Keeps a proof whole, objects first, then rows; or refuses it, of which only the audit trail tells."""

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from api.audit import Act
from api.audit import record as note
from api.auth.caller import Caller
from api.errors import ProblemError, field_error
from api.objects import ObjectStore
from api.photos import checks
from api.photos.challenge import Subject, refused, used
from api.photos.checks import Verdict
from api.photos.examining import Examined, Proof
from api.photos.wording import verdict_body
from api.services import Services
from api.store import photos
from api.store.photos import Taken
from vision.detectors.look import Json
from vision.errors import MingchuError
from vision.recording.snapshot import coarsened, face_areas, jpeg


class PhotoRefusedError(ProblemError):
    """A proof that is not taken: `errors` names each failed check, `checks` tells what every one of them says."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, verdicts: Sequence[Verdict]) -> None:
        bodies = [verdict_body(verdict) for verdict in verdicts]
        failed = [body for body in bodies if body["refuses"]]
        errors = [field_error(body["check"], body["reason"], body["says"]["en"]) for body in failed]
        names = ", ".join(body["check"] for body in failed)
        told = {"checks": bodies}
        super().__init__(f"the proof is refused by: {names}", errors=errors, kind="photo-refused", told=told)


@dataclass(frozen=True, slots=True)
class Judged:
    """A proof with what was said about it and where faces may be in its pictures."""

    proof: Proof
    verdicts: Sequence[Verdict]
    looks: Mapping[str, Json]
    at: datetime


def refuse(services: Services, caller: Caller, judged: Judged) -> None:
    """Count the try, leave a line in the audit trail, and raise PhotoRefusedError; nothing of the proof is kept."""
    challenge_id = str(judged.proof.claim.challenge)
    told = {"failed": [f"{each.check}:{each.reason}" for each in judged.verdicts if each.refuses]}
    with services.database.write() as connection:
        known = photos.challenge(connection, challenge_id, lock=True)
        if known is not None and known.binding.user == caller.id:
            photos.put_challenge(connection, refused(known))
        note(connection, Act(caller.actor, "photo.refused", challenge_id, told), judged.at)
    raise PhotoRefusedError(judged.verdicts)


def keep(services: Services, caller: Caller, judged: Judged) -> str:
    """Keep a proof that is not refused; return its id.

    Raises:
        PhotoRefusedError: its challenge was used, or its bytes were sent, by somebody else at the same moment.
    """
    taken_files = _files(judged)
    try:
        for file, content in taken_files:
            _put(services.objects, file, content)
        with services.database.write() as connection:
            _write(connection, caller, judged, [file for file, _ in taken_files])
    except (MingchuError, IntegrityError) as error:
        _clear(services, [file["key"] for file, _ in taken_files])
        if isinstance(error, IntegrityError):
            raise PhotoRefusedError(_with(judged.verdicts, Verdict("unused", "failed", "used_here"))) from error
        raise
    return str(judged.proof.claim.challenge)


def _write(connection: Connection, caller: Caller, judged: Judged, files: Sequence[Mapping[str, Any]]) -> None:
    proof, at = judged.proof, judged.at
    challenge = photos.challenge(connection, str(proof.claim.challenge), lock=True)
    assert challenge is not None  # noqa: S101 - the check of the challenge has passed
    fault = challenge.fault(proof.claim.nonce, challenge.binding, at)
    if fault:
        raise PhotoRefusedError(_with(judged.verdicts, Verdict("challenge", "failed", fault)))
    photos.put_challenge(connection, used(challenge, at))
    bound, outcome = challenge.binding, checks.outcome_of(judged.verdicts)
    who = {"user_id": bound.user, "site_id": bound.site, "device_id": bound.device}
    what = {"subject": str(bound.subject), "about": bound.about, "received_at": at, "outcome": outcome}
    said = {"claim": proof.sent.claim_text, "signature": proof.sent.signature.hex()}
    bodies = [verdict_body(verdict) for verdict in judged.verdicts]
    row = {"id": challenge.id, **who, **what, **said, "verdicts": bodies}
    hashes = {name: each.hash for name, each in proof.pictures.items()}
    prints = {name: each.print.packed() for name, each in proof.pictures.items()}
    photos.add(connection, Taken(row, files, hashes, prints))
    if bound.subject is Subject.SPOT:
        photos.add_spot(connection, challenge.id, bound.site, bound.about)
    told = {"subject": str(bound.subject), "about": bound.about, "outcome": outcome}
    note(connection, Act(caller.actor, "photo.taken", challenge.id, told), at)


def _files(judged: Judged) -> list[tuple[dict[str, Any], bytes]]:
    photo_id = str(judged.proof.claim.challenge)
    pairs: list[tuple[dict[str, Any], bytes]] = []
    for name, each in judged.proof.pictures.items():
        pairs.append(_file(photo_id, name, each.content))
        pairs.append(_file(photo_id, f"{name}_blurred", jpeg(_veiled(each, judged.looks[name]))))
    return pairs


def _file(photo_id: str, name: str, content: bytes) -> tuple[dict[str, Any], bytes]:
    digest = sha256(content).hexdigest()
    key = f"photos/{photo_id[:2]}/{photo_id}/{name}-{digest[:16]}.jpg"
    blurred = name.endswith("_blurred")
    row = {"photo_id": photo_id, "name": name, "key": key, "sha256": digest, "size_bytes": len(content)}
    return {**row, "blurred": blurred, "missing_at": None}, content


def _veiled(picture: Examined, look: Json) -> Any:
    persons: Any = look["persons"]
    nobody = [float("nan")] * 4
    boxes = np.array([each["box"] for each in persons], np.float32).reshape(-1, 4)
    heads = np.array([each["head"] or nobody for each in persons], np.float32).reshape(-1, 4)
    frame_hw = (picture.image.shape[0], picture.image.shape[1])
    return coarsened(picture.image, face_areas(boxes, heads, frame_hw))


def _put(objects: ObjectStore, file: Mapping[str, Any], content: bytes) -> None:
    with tempfile.NamedTemporaryFile() as incoming:
        incoming.write(content)
        incoming.flush()
        objects.put(file["key"], Path(incoming.name), file["sha256"], "image/jpeg")


def _clear(services: Services, keys: Iterable[str]) -> None:
    """Remove what was put before the rows could not be written, unless somebody's rows name it."""
    with services.database.read() as connection:
        kept = photos.keys_known(connection, keys)
    for key in set(keys) - kept:
        services.objects.delete(key)


def _with(verdicts: Sequence[Verdict], late: Verdict) -> list[Verdict]:
    return [late if each.check == late.check else each for each in verdicts]
