"""Users as an administrator makes them, by HTTP or from a shell: always within the administrator's own region."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Self
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import Connection

from api.audit import SHELL, Act
from api.audit import record as note
from api.auth.caller import Caller, Role
from api.fields import Slug
from api.store import regions, sites, users
from api.store.scope import WHOLE, Scope
from vision.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class Author:
    """Who makes or changes an account, and in which part of the tree that is allowed."""

    actor: str
    scope: Scope

    @classmethod
    def of(cls, caller: Caller) -> Self:
        """Return the author that a caller is."""
        return cls(caller.actor, caller.scope)


OPERATOR = Author(SHELL, WHOLE)
"""Whoever has a shell on the machine."""


class Person(BaseModel):
    """What can be said about a user, and changed later."""

    model_config = ConfigDict(extra="forbid")

    role: Role = Field(description="What the person may do.", examples=["supervisor"])
    region: Slug = Field(default="root", description="The region that the person sees, and all below it.")
    site: str = Field(default="", max_length=64, description="The kitchen of a `kitchen` user; its region is theirs.")
    language: Literal["zh", "en"] = "zh"

    @model_validator(mode="after")
    def _kitchens_have_a_site(self) -> Self:
        if (self.role is Role.KITCHEN) != bool(self.site):
            raise ValueError("a site is needed for the role kitchen, and for no other")
        return self


class NewUser(Person):
    """A person who may log in."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._@-]{0,63}$", description="How the person logs in.", examples=["anna"])


def add_person(connection: Connection, user: NewUser, password_hash: str, by: Author, now: datetime) -> str:
    """Insert a user and return the id.

    Raises:
        InvalidInputError: a name that is taken, here or elsewhere, or a region or site that is not the author's.
    """
    if users.by_name(connection, user.name) is not None:
        raise InvalidInputError("name", user.name, "a name that is not taken")
    region = region_of(connection, user, by.scope)
    row = {"id": uuid4().hex, "name": user.name, "password_hash": password_hash, "role": user.role.value}
    place = {"region_id": region, "site_id": user.site or None}
    users.add(connection, {**row, **place, "language": user.language, "created_at": now})
    told = {"role": user.role.value, "region": region, "site": user.site}
    note(connection, Act(by.actor, "user.added", user.name, told), now)
    return row["id"]


def region_of(connection: Connection, person: Person, scope: Scope) -> str:
    """Return the region of a person: the one that was named, or that of the site."""
    if not person.site:
        return require_region(connection, person.region, scope)
    site = sites.find(connection, scope, person.site)
    if site is None:
        raise InvalidInputError("site", person.site, "the id of a site of yours")
    return str(site["region_id"])


def require_region(connection: Connection, region: str, scope: Scope = WHOLE) -> str:
    """Return the id of a region that is there and in this part of the tree."""
    if regions.find(connection, scope, region) is None:
        raise InvalidInputError("region", region, "the id of a region of yours (mingchu region list)")
    return region
