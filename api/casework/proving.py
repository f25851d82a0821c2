"""What a kitchen shows to have put things right: five-fixed proofs of this very case, each once; doubt is answered."""

from collections.abc import Sequence

from sqlalchemy import Connection

from api.cases.machine import RULES, Action, Case, Need
from api.casework.holding import Held
from api.photos.challenge import Subject
from api.store import inspections, photos
from vision.errors import InvalidInputError


def require_proofs(connection: Connection, case: Case, proof: Sequence[str]) -> None:
    """Pass when each proof answered a live challenge for this case and was not shown before.

    Raises:
        InvalidInputError: one of them did not, or was.
    """
    known = {row["id"] for row in photos.about(connection, Subject.CASE, case.id, proof)}
    shown = {photo for step in case.steps for photo in step.proof}
    for number, photo in enumerate(proof):
        if photo not in known:
            raise InvalidInputError(f"proof.{number}", photo, "a photo that answered a live challenge for this case")
        if photo in shown or photo in proof[:number]:
            raise InvalidInputError(f"proof.{number}", photo, "a photo that this case was not shown before")


def require_records(connection: Connection, held: Held, proof: Sequence[str]) -> None:
    """Pass when each proof of a visit is a concluded inspection of the site, or a five-fixed photo as above.

    An inspection counts that was concluded since the violation was confirmed.

    Raises:
        InvalidInputError: one of them is neither.
    """
    case, row = held.case, held.row
    visits = inspections.records(connection, row["site_id"], proof, row["began_at"])
    known = visits | {row["id"] for row in photos.about(connection, Subject.CASE, case.id, proof)}
    shown = {photo for step in case.steps for photo in step.proof}
    for number, each in enumerate(proof):
        if each not in known:
            allowed = "an inspection of this site that was concluded since the case began, or a photo of this case"
            raise InvalidInputError(f"proof.{number}", each, allowed)
        if each in shown or each in proof[:number]:
            raise InvalidInputError(f"proof.{number}", each, "a proof that this case was not shown before")


def needs_of(connection: Connection, case: Case, action: Action) -> frozenset[Need]:
    """Return what a step needs: to accept a proof that the checks doubt, a person says why it is enough."""
    needs = RULES[action].needs
    return needs | {"reason"} if action is Action.ACCEPT and doubted(connection, case) else needs


def doubted(connection: Connection, case: Case) -> list[str]:
    """Return which proofs, of those that the kitchen showed last, a check has left to a person."""
    shown = next((step.proof for step in reversed(case.steps) if step.action is Action.RECTIFY), ())
    rows = photos.about(connection, Subject.CASE, case.id, shown)
    return sorted(row["id"] for row in rows if row["outcome"] == "doubtful")


def require_decision(connection: Connection, case: Case, action: Action, reason: str) -> None:
    """Pass unless a proof in doubt is accepted without a word; raises InvalidInputError naming the proofs."""
    if reason.strip() or "reason" in RULES[action].needs:
        return
    if "reason" in needs_of(connection, case, action):
        told = ", ".join(doubted(connection, case))
        raise InvalidInputError("reason", reason, f"why the proof is enough though checks of it are in doubt: {told}")
