"""Answers about webhooks: who is told, what was sent, and what could not be."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from api.shapes import Etag, Instant, Page, Shape

Outcome = Literal["taken", "refused", "away", "gone"]


class SecretTold(BaseModel):
    """That there is a secret; never which."""

    until: Instant | None = Field(description="When it stops signing; null for the one that stays.")


class Webhook(BaseModel):
    """A receiver and how it stands with it."""

    id: str
    name: str
    url: str
    types: list[str]
    kinds: list[str]
    region: str
    enabled: bool
    state: str
    reason: str
    secrets: list[SecretTold]
    cursor: int = Field(description="The last number of the log that is settled.")
    behind: int = Field(description="Lines of the log behind it, also those that are not for it.")
    failures: int
    failing_since: Instant | None
    tried_again_at: Instant | None
    dead_letters: int
    created_at: Instant
    version: int
    etag: Etag


class WebhookWithSecret(Webhook):
    """A webhook and its secret, shown this once."""

    secret: str = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])


class Tried(BaseModel):
    """What the receiver answered to a test."""

    verdict: Outcome
    status: int = Field(description="0 where there was no answer.")
    reason: str
    took_ms: int | float


class Delivery(BaseModel):
    """One try."""

    number: int
    sequence: int | None = Field(description="Of the log; null for a test.")
    type: str
    attempt: int
    took_ms: int | float
    outcome: Outcome
    status: int | None = Field(description="Null where there was no answer.")
    reason: str
    at: Instant


class Deliveries(BaseModel):
    """Some tries, newest first."""

    items: list[Delivery]
    next: int | None = Field(description="The `before` of the next page; null at the end.")


class DeadLetter(BaseModel):
    """A message that the receiver refused to the end."""

    sequence: int
    state: str
    reason: str
    status: int | None
    at: Instant


class DeadLetters(BaseModel):
    """Some dead letters."""

    items: list[DeadLetter]
    next: int | None = Field(description="The `after` of the next page; null at the end.")


class Replayed(BaseModel):
    """What will be told again."""

    after: int = Field(description="Everything behind this number.")
    letters: int = Field(description="Dead letters that are tried once more.")


WEBHOOK = Annotated[dict[str, Any], Shape(Webhook)]
WEBHOOKS = Annotated[dict[str, Any], Shape(Page[Webhook])]
WEBHOOK_WITH_SECRET = Annotated[dict[str, Any], Shape(WebhookWithSecret)]
TRIED = Annotated[dict[str, Any], Shape(Tried)]
DELIVERIES = Annotated[dict[str, Any], Shape(Deliveries)]
DEAD_LETTERS = Annotated[dict[str, Any], Shape(DeadLetters)]
REPLAYED = Annotated[dict[str, Any], Shape(Replayed)]
