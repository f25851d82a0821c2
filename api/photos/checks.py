"""Each check of a proof gives its own verdict with its own reason; nothing is summed up into a score.

Pure: what was measured comes in as plain values, what was decided goes out. Three outcomes: *refused* where a check
that an honest phone cannot miss has failed, *doubtful* where a check that can err has failed or could not be made (a
person decides), *passed* where every check has passed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from api.photos.challenge import TTL
from api.photos.claim import Claim
from api.photos.likeness import COPY, SAME_SPOT, SUSPECT
from api.photos.traces import TWICE, Traces

Name = Literal[
    "challenge",
    "device",
    "signature",
    "time",
    "place",
    "mark",
    "scene",
    "person",
    "unused",
    "live",
    "untouched",
]
Result = Literal["passed", "failed", "unclear"]
Outcome = Literal["passed", "doubtful", "refused"]
SOFT: frozenset[Name] = frozenset({"scene", "person"})
"""A machine's eyes err: where one of them fails a person decides. Where another fails, the proof is refused;
*unclear* never refuses."""
SKEW = timedelta(seconds=120)
"""How far a phone's clock may be off."""
SURE_ACCURACY_M = 100.0
"""A position that is less accurate says nothing about a kitchen."""
PERSON_CONFIDENCE = 0.5
PERSON_SHARE = 0.3
"""Of the picture's height: a portrait, not somebody in the background."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one check says."""

    check: Name
    result: Result
    reason: str
    """A code; `texts.toml` says it in words."""
    figures: Mapping[str, Any] = field(default_factory=dict)
    """What was measured, and against what."""

    @property
    def refuses(self) -> bool:
        """Tell whether it alone refuses the proof."""
        return self.result == "failed" and self.check not in SOFT


def outcome_of(verdicts: Iterable[Verdict]) -> Outcome:
    """Return what follows from all of them together."""
    told = tuple(verdicts)
    if any(verdict.refuses for verdict in told):
        return "refused"
    return "passed" if all(verdict.result == "passed" for verdict in told) else "doubtful"


def challenge(fault: str) -> Verdict:
    """Say whether the challenge was fresh, unused, and for this person, site, phone and matter."""
    return Verdict("challenge", "failed" if fault else "passed", fault or "live")


def device(*, is_active: bool, is_bound: bool) -> Verdict:
    """Say whether the phone is registered with a number for this account and the one that was challenged."""
    reason = "bound" if is_active and is_bound else "not_active" if is_bound else "other_device"
    return Verdict("device", "passed" if reason == "bound" else "failed", reason)


def signature(*, is_valid: bool, is_whole: bool) -> Verdict:
    """Say whether the phone's key signed the claim, and the claim's hashes are those of the two pictures."""
    reason = "signed" if is_valid and is_whole else "other_pictures" if is_valid else "bad_signature"
    return Verdict("signature", "passed" if reason == "signed" else "failed", reason)


def times(claim: Claim, issued_at: datetime, received_at: datetime, walls: Iterable[timedelta]) -> Verdict:
    """Say whether the claimed instants lie between challenge and arrival by our clock, and EXIF agrees.

    `walls`: how far each EXIF time, read in the site's time zone, lies from the moment of arrival.
    """
    early = max((issued_at - at for at in claim.instants), default=timedelta())
    late = max((at - received_at for at in claim.instants), default=timedelta())
    figures = {
        "before_challenge_s": max(0.0, early.total_seconds()),
        "after_arrival_s": max(0.0, late.total_seconds()),
        "allowed_s": SKEW.total_seconds(),
    }
    if early > SKEW or late > SKEW:
        return Verdict("time", "failed", "claimed_time", figures)
    off = max((abs(wall) for wall in walls), default=timedelta())
    if off > SKEW + TTL:
        return Verdict("time", "failed", "exif_time", {**figures, "exif_off_s": off.total_seconds()})
    return Verdict("time", "passed", "in_time", figures)


@dataclass(frozen=True, slots=True)
class Fence:
    """Where a site is."""

    latitude: float
    longitude: float
    radius_m: float


def place(claim: Claim, fence: Fence | None) -> Verdict:
    """Say whether the phone was inside the site's fence, as surely as its accuracy allows."""
    if fence is None:
        return Verdict("place", "unclear", "no_fence")
    away_m = claim.position.distance_m(fence.latitude, fence.longitude)
    accuracy_m = claim.position.accuracy_m
    figures = {"distance_m": round(away_m, 1), "accuracy_m": accuracy_m, "radius_m": fence.radius_m}
    if away_m - min(accuracy_m, SURE_ACCURACY_M) > fence.radius_m:
        return Verdict("place", "failed", "outside", figures)
    if accuracy_m > SURE_ACCURACY_M or away_m > fence.radius_m:
        return Verdict("place", "unclear", "inaccurate", figures)
    return Verdict("place", "passed", "inside", figures)


def mark(nonce: str, read: Iterable[str]) -> Verdict:
    """Say whether both pictures carry the nonce."""
    told = tuple(read)
    if any(text and text != nonce for text in told):
        return Verdict("mark", "failed", "other_nonce", {"read": [text[:32] for text in told]})
    if all(told):
        return Verdict("mark", "passed", "nonce_read")
    return Verdict("mark", "unclear", "unreadable", {"read_in": sum(map(bool, told)), "of": len(told)})


def scene(points: int | None) -> Verdict:
    """Say whether the scene shows a known spot; None where there is nothing to compare it with."""
    if points is None:
        return Verdict("scene", "unclear", "no_reference")
    figures = {"points": points, "needed": SAME_SPOT}
    return (
        Verdict("scene", "passed", "same_spot", figures)
        if points >= SAME_SPOT
        else Verdict("scene", "failed", "other_spot", figures)
    )


def person(seen: Iterable[tuple[float, float]]) -> Verdict:
    """Say whether somebody stands in the portrait; (confidence, share of the picture's height) of each person seen."""
    told = tuple(seen)
    best = max((confidence for confidence, share in told if share >= PERSON_SHARE), default=0.0)
    figures = {"persons": len(told), "confidence": round(best, 3), "needed": PERSON_CONFIDENCE}
    reason = "somebody" if best >= PERSON_CONFIDENCE else "nobody"
    return Verdict("person", "passed" if reason == "somebody" else "failed", reason, figures)


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier photo that one of the two pictures resembles."""

    photo: str
    is_own_site: bool
    how: Literal["same_bytes", "same_hash", "copied", "mirrored"]
    bits: int | None = None
    likeness: float | None = None

    @property
    def is_certain(self) -> bool:
        """Tell whether it is a copy; else a person should compare the two."""
        return self.likeness is None or self.likeness >= COPY

    @property
    def counts(self) -> bool:
        """Tell whether it is worth telling at all."""
        return self.likeness is None or self.likeness >= SUSPECT


def unused(found: Iterable[Earlier], *, pictures_alike: bool = False) -> Verdict:
    """Say whether any picture was used before; another site's photo is not named, only that there is one (I9)."""
    if pictures_alike:
        return Verdict("unused", "failed", "both_pictures_same")
    told = sorted((each for each in found if each.counts), key=lambda each: not each.is_certain)
    if not told:
        return Verdict("unused", "passed", "new")
    worst = told[0]
    figures = {"how": worst.how, "bits": worst.bits, "likeness": worst.likeness and round(worst.likeness, 4)}
    where = {"photo": worst.photo} if worst.is_own_site else {}
    reason = "used_here" if worst.is_own_site else "used_elsewhere"
    if worst.is_certain:
        return Verdict("unused", "failed", reason, {**figures, **where})
    return Verdict("unused", "unclear", "much_alike", {**figures, **where})


def live(traces: Iterable[Traces]) -> Verdict:
    """Say whether both files are as the live page writes them: JPEG, no notes of a camera."""
    told = tuple(traces)
    if not all(each.is_jpeg for each in told):
        return Verdict("live", "failed", "not_jpeg")
    notes = sorted({name for each in told for name in each.camera})
    if notes:
        return Verdict("live", "failed", "camera_notes", {"notes": notes})
    if len({each.tables for each in told}) > 1:
        return Verdict("live", "unclear", "two_encoders")
    return Verdict("live", "passed", "as_the_page_writes")


def untouched(traces: Iterable[Traces]) -> Verdict:
    """Say whether a file shows traces of editing; that it shows none proves little."""
    told = tuple(traces)
    if any(each.is_broken for each in told):
        return Verdict("untouched", "unclear", "broken_notes")
    notes = sorted({name for each in told for name in each.editor})
    if notes:
        return Verdict("untouched", "failed", "editor_notes", {"notes": notes})
    most = max((each.twice for each in told), default=0.0)
    figures = {"ripple": round(most, 3), "allowed": TWICE}
    if most >= TWICE:
        return Verdict("untouched", "unclear", "compressed_twice", figures)
    return Verdict("untouched", "passed", "no_traces", figures)
