"""Lines filled in by a person: the body that self-checks and inspections take, and the photos that it may name."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from api.answers import Answer, Answers, Result, photos_in
from api.fields import Line, Slug
from api.photos.challenge import Subject
from api.store import photos
from vision.errors import InvalidInputError

_NAMED = {Subject.SELFCHECK: "self-check", Subject.INSPECTION: "inspection"}


class AnswerBody(BaseModel):
    """What was found for one line."""

    model_config = ConfigDict(extra="forbid")

    result: Result
    note: Line = Field(default="", max_length=500)
    photos: list[Annotated[Line, Field(min_length=1, max_length=64)]] = Field(default=[], max_length=8)


class Filled(BaseModel):
    """Answers by the id of their line; the others stay as they are."""

    model_config = ConfigDict(extra="forbid")

    answers: dict[Slug, AnswerBody] = Field(min_length=1, max_length=64)

    def told(self) -> Answers:
        """Return the values that the machines take."""
        return {name: Answer(each.result, each.note, tuple(each.photos)) for name, each in self.answers.items()}


def require_photos(connection: Connection, subject: Subject, about: str, answers: Answers) -> None:
    """Pass when every photo is a five-fixed one of this very round or inspection."""
    wanted = photos_in(answers)
    known = {each["id"] for each in photos.about(connection, subject, about, wanted)}
    for photo in wanted:
        if photo not in known:
            allowed = f"a photo that answered a live challenge for this {_NAMED[subject]}"
            raise InvalidInputError("photos", photo, allowed)
