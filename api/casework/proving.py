"""What a kitchen shows to have put things right: five-fixed proofs of this very case, each of them once."""

from collections.abc import Sequence

from sqlalchemy import Connection

from api.cases.machine import Case
from api.photos.challenge import Subject
from api.store import photos
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
