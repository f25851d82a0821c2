"""Answers about what is kept, deleted and held, and about what was done: for those who trust nobody."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from api.shapes import Day, Instant, Page, Sha256, Shape


class SigningKey(BaseModel):
    """What tells our packages from others."""

    algorithm: Literal["Ed25519"]
    public_pem: str
    fingerprint: str


class DayTold(BaseModel):
    """The root of one day (UTC)."""

    day: Day
    root: str
    first_audit: int = Field(description="Numbers of the audit trail that the root covers.")
    last_audit: int
    manifests: int
    sealed_at: Instant
    stamp: str | None = Field(description="Base64 of an RFC 3161 time stamp; null where none was made.")
    stamped_at: Instant | None


class RetentionRule(BaseModel):
    """How long something is kept, and why."""

    name: str
    of: list[str]
    status: list[str]
    stage: list[str]
    tier: list[str]
    days: int = Field(description="0 = for ever.")
    why: dict[str, str]


class RetentionPolicy(BaseModel):
    """All rules; the first that fits decides."""

    edition: str
    rules: list[RetentionRule]


class Deletion(BaseModel):
    """Proof that something was deleted: of an event, or of a photo."""

    event: str | None
    photo: str | None
    site: str
    name: str
    sha256: Sha256
    size_bytes: int
    rule: str
    edition: str
    stored_at: Instant
    deleted_at: Instant


class Hold(BaseModel):
    """What is kept whatever the policy says."""

    id: str
    case: str | None
    event: str | None
    photo: str | None
    site: str
    reason: str
    by: str
    placed_at: Instant
    lifted_at: Instant | None


class Audited(BaseModel):
    """One line of the audit trail; `digest` seals it and the line before."""

    sequence: int
    at: Annotated[str, Field(json_schema_extra={"format": "date-time"})]
    actor: str
    action: str
    target: str
    detail: Any
    previous: str
    digest: str


class AuditPage(BaseModel):
    """Some lines of the audit trail."""

    items: list[Audited]
    next: int | None = Field(description="Ask again with this as `after`; null at the end.")


SIGNING_KEY = Annotated[dict[str, Any], Shape(SigningKey)]
DAYS = Annotated[dict[str, Any], Shape(Page[DayTold])]
RETENTION = Annotated[dict[str, Any], Shape(RetentionPolicy)]
DELETIONS = Annotated[dict[str, Any], Shape(Page[Deletion])]
HOLD = Annotated[dict[str, Any], Shape(Hold)]
HOLDS = Annotated[dict[str, Any], Shape(Page[Hold])]
AUDIT_PAGE = Annotated[dict[str, Any], Shape(AuditPage)]
