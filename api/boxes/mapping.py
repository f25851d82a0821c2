"""Any JSON becomes sightings by a mapping that is declared as data: pointers to what we need, their words for ours."""

import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.boxes.foreign import Sighting, Spot
from api.boxes.pointers import found
from api.fields import FIRST_YEAR, LAST_YEAR, TimeZone
from vision.errors import ConfigError, InvalidInputError

SETTING = "MINGCHU_BOX_MAPPINGS"
MOST_ITEMS = 256
"""In one document."""
Pointer = Annotated[str, Field(max_length=200, pattern=r"^(/([^/~]|~0|~1)*)*$")]
_LONGEST_KEY = 200


class BoxMapping(BaseModel):
    """Where a vendor's document says what."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    items: Pointer = ""
    """Of the list of alarms; empty = the document is one alarm, or a list of them."""
    id: Pointer
    camera: Pointer
    kind: Pointer
    started_at: Pointer
    ended_at: Pointer | None = None
    """Where an alarm has an end it is told as closed."""
    probability: Pointer | None = None
    percent: bool = False
    """Their probability goes to 100."""
    time: Literal["text", "epoch_s", "epoch_ms"] = "text"
    time_zone: TimeZone = "UTC"
    """Of times that name none."""
    kinds: Mapping[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=64)]]
    """Their word → our kind."""
    cameras: Mapping[Annotated[str, Field(max_length=128)], Spot]
    """Their camera → where it hangs."""


def load_mappings(path: Path | None) -> dict[str, BoxMapping]:
    """Return the mappings of a TOML file by name; ConfigError says what is wrong in it."""
    if path is None:
        return {}
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
        return {name: BoxMapping.model_validate(table) for name, table in tables.items()}
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(SETTING, str(path), f"a TOML file that can be read ({error})") from None
    except ValidationError as error:
        wrong = error.errors()[0]
        where = ".".join(map(str, wrong["loc"]))
        raise ConfigError(SETTING, str(path), f"one table for each mapping; {where}: {wrong['msg']}") from None


def alarms(mapping: BoxMapping, document: Any) -> list[Any]:
    """Return the alarms of a document; InvalidInputError where they should be and are not, or are too many."""
    told = found(document, mapping.items)
    listed = told if isinstance(told, list) else [told]
    if len(listed) > MOST_ITEMS:
        raise InvalidInputError(
            mapping.items or "body", f"{len(listed)} alarms", f"at most {MOST_ITEMS} in one request"
        )
    return listed


def sighting(vendor: str, mapping: BoxMapping, alarm: Any) -> Sighting:
    """Return what one alarm says in our words.

    Raises:
        InvalidInputError: with the pointer, what stands there, and what may.
    """
    ended_at = found(alarm, mapping.ended_at, None) if mapping.ended_at is not None else None
    return Sighting(
        vendor,
        _text(mapping.id, found(alarm, mapping.id)),
        _ours(mapping.camera, found(alarm, mapping.camera), mapping.cameras),
        _ours(mapping.kind, found(alarm, mapping.kind), mapping.kinds),
        _instant(mapping, mapping.started_at, found(alarm, mapping.started_at)),
        _instant(mapping, mapping.ended_at or "", ended_at) if ended_at is not None and ended_at != "" else None,
        _probability(mapping, alarm),
    )


def _text(pointer: str, value: Any) -> str:
    if isinstance(value, str | int) and not isinstance(value, bool) and 0 < len(str(value)) <= _LONGEST_KEY:
        return str(value)
    raise InvalidInputError(pointer, value, f"a text of 1 to {_LONGEST_KEY} characters or a number")


def _ours(pointer: str, value: Any, words: Mapping[str, Any]) -> Any:
    word = _text(pointer, value)
    if word not in words:
        known = ", ".join(sorted(words)[:20])
        raise InvalidInputError(pointer, word, f"one that the mapping knows: {known}")
    return words[word]


def _probability(mapping: BoxMapping, alarm: Any) -> float:
    if mapping.probability is None:
        return 0.5
    value, most = found(alarm, mapping.probability), 100 if mapping.percent else 1
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= most:
        raise InvalidInputError(mapping.probability, value, f"a number from 0 to {most}")
    return float(value) / most


def _instant(mapping: BoxMapping, pointer: str, value: Any) -> datetime:
    try:
        at = _read(mapping, value)
    except (ValueError, OverflowError, OSError, TypeError):
        at = None
    if at is None or not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise InvalidInputError(pointer, value, f"an instant as {mapping.time} from {FIRST_YEAR} to {LAST_YEAR}")
    return at.astimezone(UTC)


def _read(mapping: BoxMapping, value: Any) -> datetime | None:
    if mapping.time == "text":
        at = datetime.fromisoformat(value)
        return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(mapping.time_zone))
    if isinstance(value, bool):
        return None
    return datetime.fromtimestamp(float(value) / (1000 if mapping.time == "epoch_ms" else 1), UTC)
