"""Lays a proof beside what the store knows, and lets every check speak."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from api.photos import checks
from api.photos.challenge import Challenge, Subject
from api.photos.checks import Earlier, Fence, Verdict
from api.photos.examining import Examined, Proof
from api.photos.likeness import COPY, MOST_BITS, Print, Spots, best_match, copied, distance, spots_of
from api.photos.signing import is_signed
from api.store import cases, media, photos, sites
from api.store.scope import WHOLE
from vision.picture_file import decoded

RADIUS_M = 150.0
WIDE_M = 400.0
WIDE_SITES = frozenset({"school_canteen", "hospital_caterer", "central_kitchen", "producer", "cold_store", "logistics"})
"""Types of site whose grounds are large."""
_SPOTS, _VIEWS = 6, 3
"""How many approved spots and views of the case's camera a scene is compared with."""
Row = Mapping[Any, Any]
Seen = Iterable[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows that matters to one proof."""

    challenge: Challenge | None
    device: Row | None
    site: Row
    reference_keys: tuple[str, ...]
    earlier: tuple[Earlier, ...]


def known_of(connection: Connection, site_id: str, proof: Proof) -> Known:
    """Return all that is known about a proof of a site."""
    challenge = photos.challenge(connection, str(proof.claim.challenge))
    site = sites.find(connection, WHOLE, site_id)
    assert site is not None  # noqa: S101 - the caller belongs to it
    return Known(
        challenge,
        photos.device(connection, proof.claim.device),
        site,
        _reference_keys(connection, site_id, challenge),
        tuple(_earlier(connection, site_id, proof)),
    )


def verdicts_of(
    known: Known, proof: Proof, user_id: str, seen: Seen, points: int | None, now: datetime
) -> list[Verdict]:
    """Return what each check says, in the order in which people are shown them."""
    claim, challenge, traces = proof.claim, known.challenge, [each.traces for each in proof.pictures.values()]
    return [
        checks.challenge(_fault(known, proof, user_id, now)),
        _device(known, user_id),
        checks.signature(is_valid=_is_signed(known, proof), is_whole=proof.is_whole),
        checks.times(claim, challenge.issued_at if challenge else now, now, _walls(known.site, proof, now)),
        checks.place(claim, fence_of(known.site)),
        checks.mark(claim.nonce, [each.mark for each in proof.pictures.values()]),
        checks.scene(points),
        checks.person(seen),
        checks.unused(known.earlier, pictures_alike=_alike(proof)),
        checks.live(traces),
        checks.untouched(traces),
    ]


def matched(known: Known, proof: Proof, objects: Any) -> int | None:
    """Return how much the scene has in common with a known spot or view; None where nothing is known."""
    references = [spots for key in known.reference_keys if (spots := _spots(objects, key)) is not None]
    return best_match(proof.spots, references) if references else None


def fence_of(site: Row) -> Fence | None:
    """Return where a site's photos must be taken; None where its position was never told."""
    if site["latitude"] is None or site["longitude"] is None:
        return None
    return Fence(site["latitude"], site["longitude"], WIDE_M if site["type"] in WIDE_SITES else RADIUS_M)


def _fault(known: Known, proof: Proof, user_id: str, now: datetime) -> str:
    challenge = known.challenge
    if challenge is None:
        return "nonce"
    asked = replace(challenge.binding, user=user_id, site=known.site["id"], device=proof.claim.device)
    return challenge.fault(proof.claim.nonce, asked, now)


def _device(known: Known, user_id: str) -> Verdict:
    device, challenge = known.device, known.challenge
    is_bound = device is not None and device["user_id"] == user_id and device["site_id"] == known.site["id"]
    is_same = device is not None and challenge is not None and challenge.binding.device == device["id"]
    is_active = device is not None and device["state"] == "active"
    return checks.device(is_active=is_active, is_bound=is_bound and is_same)


def _is_signed(known: Known, proof: Proof) -> bool:
    if known.device is None:
        return False
    return is_signed(known.device["public_key"], proof.sent.claim_text.encode(), proof.sent.signature)


def _walls(site: Row, proof: Proof, now: datetime) -> Iterator[Any]:
    wall = now.astimezone(ZoneInfo(site["time_zone"])).replace(tzinfo=None)
    return (taken - wall for each in proof.pictures.values() for taken in each.traces.taken)


def _alike(proof: Proof) -> bool:
    scene, portrait = proof.pictures["scene"], proof.pictures["portrait"]
    near = min(distance(scene.hash, portrait.hash), distance(scene.mirrored_hash, portrait.hash)) <= MOST_BITS
    return near or _likeness(scene, portrait.print) >= COPY


def _earlier(connection: Connection, site_id: str, proof: Proof) -> Iterator[Earlier]:
    """Yield every earlier photo that one of the two pictures resembles, on this and on any other site."""
    for row in photos.with_bytes(connection, [each.sha256 for each in proof.pictures.values()]):
        yield Earlier(row["id"], row["site_id"] == site_id, "same_bytes")
    for each in proof.pictures.values():
        for photo, site, bits in photos.like(connection, each.hash):
            yield Earlier(photo, site == site_id, "same_hash", bits)
        for photo, site, bits in photos.like(connection, each.mirrored_hash):
            yield Earlier(photo, site == site_id, "mirrored", bits)
    for row in photos.prints_of(connection, site_id):
        kept = Print.unpacked(row["print"])
        for each in proof.pictures.values():
            yield Earlier(row["photo_id"], is_own_site=True, how="copied", likeness=_likeness(each, kept))


def _likeness(picture: Examined, kept: Print) -> float:
    return max(copied(picture.print, kept), copied(picture.mirrored_print, kept))


def _reference_keys(connection: Connection, site_id: str, challenge: Challenge | None) -> tuple[str, ...]:
    spots = list(photos.references(connection, site_id, _SPOTS))
    if challenge is None or challenge.binding.subject is not Subject.CASE:
        return tuple(spots)
    members = [row["event_id"] for row in cases.members(connection, challenge.binding.about)][:_VIEWS]
    views = [
        piece["key"] for rows in media.of_events(connection, members).values() for piece in rows if _is_view(piece)
    ]
    return (*views, *spots)


def _is_view(piece: Row) -> bool:
    return bool(piece["name"] == "snapshot")


@lru_cache(maxsize=256)
def _spots(objects: Any, key: str) -> Spots | None:
    """Return the points of a picture in the object store, which never changes; None where it is lost or damaged."""
    if objects.stat(key) is None:
        return None
    image = decoded(b"".join(objects.open(key)))
    return None if image is None else spots_of(image)
