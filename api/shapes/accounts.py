"""Answers about sessions, users and keys."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from api.auth.caller import Role, SecondFactor
from api.shapes import Etag, Instant, Page, Shape


class Me(BaseModel):
    """The user of a session."""

    name: str = Field(examples=["anna"])
    role: Role
    language: Literal["zh", "en"]
    may_set_password: bool = Field(description="Came in by a first-login code.")
    second_factor: SecondFactor


class Session(BaseModel):
    """A session as its page needs it."""

    user: Me
    csrf: str = Field(description="Goes with every write as X-CSRF-Token.")


class WaysIn(BaseModel):
    """How one may log in, besides code and password."""

    organisation: bool = Field(description="By the organisation's own login (OpenID Connect).")


class SessionSeen(BaseModel):
    """One place where I am logged in."""

    id: str
    address: str
    agent: str = Field(description="What the browser said it is.")
    created_at: Instant
    expires_at: Instant
    is_this: bool


class Offer(BaseModel):
    """A second factor to be confirmed."""

    secret: str = Field(description="Base 32, to be typed where no picture can be taken.")
    uri: str = Field(examples=["otpauth://totp/Mingchu:anna?secret=…&issuer=Mingchu"])
    qr_svg: str


class RecoveryCodes(BaseModel):
    """What stands in for a lost phone, each once."""

    recovery_codes: list[str] = Field(examples=[["7XKM-P2QD-HW4C"]])


class Invitation(BaseModel):
    """A first-login code, shown this once."""

    code: str = Field(examples=["7XKM-P2QD-HW4C"])
    expires_at: Instant


class User(BaseModel):
    """A user as administrators see one."""

    id: str
    name: str
    role: Role
    region: str
    site: str = Field(description="The kitchen of a kitchen user, else empty.")
    language: Literal["zh", "en"]
    disabled: bool
    has_password: bool
    second_factor: bool
    created_at: Instant
    etag: Etag


class NewUser(User):
    """A user who was added."""

    first_login: Invitation


class Key(BaseModel):
    """An API key without its secret."""

    id: str
    prefix: str = Field(examples=["mck_4f1d2c3b4a59_"])
    name: str
    scopes: list[str]
    region: str
    networks: list[str] = Field(description="From where it may be used; empty = anywhere.")
    events_a_day: int | None = Field(description="How many new events it may tell of in a day (UTC); null = any.")
    created_at: Instant
    expires_at: Instant | None
    last_used_at: Instant | None = Field(description="To the minute.")
    revoked_at: Instant | None
    old_until: Instant | None = Field(description="Until when the secret before the last rotation is good.")


class NewKey(Key):
    """A key that was issued or rotated."""

    key: str = Field(description="Its text, shown this once.")


WAYS = Annotated[dict[str, bool], Shape(WaysIn)]
SESSION = Annotated[dict[str, Any], Shape(Session)]
SESSIONS = Annotated[dict[str, Any], Shape(Page[SessionSeen])]
OFFER = Annotated[dict[str, Any], Shape(Offer)]
RECOVERY_CODES = Annotated[dict[str, Any], Shape(RecoveryCodes)]
INVITATION = Annotated[dict[str, Any], Shape(Invitation)]
USER = Annotated[dict[str, Any], Shape(User)]
NEW_USER = Annotated[dict[str, Any], Shape(NewUser)]
USERS = Annotated[dict[str, Any], Shape(Page[User])]
KEY = Annotated[dict[str, Any], Shape(Key)]
NEW_KEY = Annotated[dict[str, Any], Shape(NewKey)]
KEYS = Annotated[dict[str, Any], Shape(Page[Key])]
