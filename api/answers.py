"""What a person finds line by line: answers as rounds of a self-check and inspections both take and keep them, pure."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from vision.errors import InvalidInputError

Result = Literal["ok", "not_ok", "not_applicable"]
LOST = {"zh": "（已取消的项目）", "en": "(no longer asked)"}
"""What a line says that its list no longer has."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found for one line."""

    result: Result
    note: str = ""
    photos: tuple[str, ...] = ()


Answers = Mapping[str, Answer]
"""By the id of their line."""


def put_in(known: Answers, lines: Iterable[str], told: Answers) -> Answers:
    """Return what is known with these lines answered (again); InvalidInputError where no such line is asked."""
    asked = set(lines)
    for name in told:
        if name not in asked:
            raise InvalidInputError("answers", name, f"a line of this list: {', '.join(sorted(asked))}")
    return {**known, **told}


def photos_in(answers: Answers) -> list[str]:
    """Return every photo that these answers name."""
    return [photo for answer in answers.values() for photo in answer.photos]


def written(answers: Answers) -> dict[str, Any]:
    """Return answers as a row keeps them."""
    return {name: asdict(answer) for name, answer in answers.items()}


def read(kept: Mapping[str, Any]) -> Answers:
    """Return the answers that a row keeps."""
    return {name: Answer(told["result"], told["note"], tuple(told["photos"])) for name, told in kept.items()}
