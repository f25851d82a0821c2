"""API keys as an administrator issues them, by HTTP or from a shell: scopes, region, end, and home networks."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Annotated, Any
from uuid import uuid4

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from api.audit import Act
from api.audit import record as note
from api.auth.caller import KEY_SCOPES
from api.auth.secrets import NewKey, digest, new_key
from api.fields import Line, Moment, Slug, Whole
from api.people import Author, require_region
from api.store import keys
from vision.errors import InvalidInputError

SCOPES = tuple(sorted(permission.value for permission in KEY_SCOPES))


def _known_scope(scope: str) -> str:
    if scope not in SCOPES:
        raise ValueError(f"one of {', '.join(SCOPES)} is allowed")
    return scope


def _network(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError:
        raise ValueError("an address or network such as 203.0.113.7 or 203.0.113.0/24 is allowed") from None


KeyScope = Annotated[str, Field(max_length=64, json_schema_extra={"enum": list(SCOPES)}), AfterValidator(_known_scope)]
Network = Annotated[str, Field(max_length=64), AfterValidator(_network)]


class WantedKey(BaseModel):
    """A key for a program."""

    model_config = ConfigDict(extra="forbid")

    name: Line = Field(min_length=1, max_length=64, description="Whose key it is.", examples=["delivery platform"])
    scopes: list[KeyScope] = Field(min_length=1, max_length=len(SCOPES), examples=[["events:read"]])
    region: Slug = Field(default="root", description="The region that the key sees, and all below it.")
    expires_at: Moment | None = Field(default=None, description="When it ends by itself; null = never.")
    networks: list[Network] = Field(
        default=[],
        max_length=32,
        description="From where it may be used; empty = anywhere.",
        examples=[["203.0.113.0/24"]],
    )
    events_a_day: Annotated[int, Whole] | None = Field(
        default=None, ge=1, le=1_000_000, description="How many new events it may tell of in a day (UTC); null = any."
    )


def issue(connection: Connection, wanted: WantedKey, by: Author, now: datetime) -> tuple[str, NewKey]:
    """Store a new key; return its id, and its text, which cannot be shown again.

    Raises:
        InvalidInputError: the region is not the author's, or the key would be over already.
    """
    if wanted.expires_at is not None and wanted.expires_at <= now:
        raise InvalidInputError("expires_at", wanted.expires_at.isoformat(), "an instant to come")
    key, place = new_key(), require_region(connection, wanted.region, by.scope)
    scopes = sorted(set(wanted.scopes))
    key_id = uuid4().hex
    row = {"id": key_id, "prefix": key.prefix, "digest": key.digest, "name": wanted.name, "scopes": scopes}
    limits: dict[str, Any] = {"expires_at": wanted.expires_at, "networks": wanted.networks or None}
    limits["events_a_day"] = wanted.events_a_day
    keys.add(connection, {**row, **limits, "region_id": place, "created_at": now})
    note(connection, Act(by.actor, "key.added", key.prefix, {"scopes": scopes, "region": place}), now)
    return key_id, key


def rotate(connection: Connection, row: Mapping[Any, Any], overlap: timedelta, by: Author, now: datetime) -> str:
    """Give a key a new secret under its prefix and return its text; the old one stays good for the overlap."""
    fresh = new_key()
    text = f"mck_{row['prefix']}_{fresh.text.rpartition('_')[2]}"
    keys.rotate(connection, row, digest(text), now + overlap)
    note(connection, Act(by.actor, "key.rotated", row["prefix"], {"overlap_h": overlap / timedelta(hours=1)}), now)
    return text
