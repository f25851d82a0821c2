"""Answers about notices, orders, threads and calls: what people tell each other."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from api.places.contacts import ContactRole
from api.shapes import Instant, Page, Shape
from api.shapes.events import Tier

ByLanguage = dict[str, str]


class TitleAndBody(BaseModel):
    """A text in one language."""

    title: str
    body: str


class NoticeTold(BaseModel):
    """What a notice says."""

    id: str
    kind: Literal["order", "notice", "warning", "training"]
    texts: dict[str, TitleAndBody] = Field(description="By language.")
    sender: str | None
    case: str | None
    sent_at: Instant


class Received(NoticeTold):
    """A notice as it came to somebody."""

    read_at: Instant | None
    read_by: str | None
    urged: int
    urged_at: Instant | None


class ReceivedPage(Page[Received]):
    """What came to me."""

    unread: int


class SentTold(NoticeTold):
    """A notice as its sender sees it."""

    region: str | None
    urged_at: Instant | None
    copies: int
    read: int
    target: Any = Field(description="Whom it was meant for.")


class Receipt(BaseModel):
    """One copy, and who has read it."""

    site: str | None
    site_name: str | None
    user: str | None
    read_at: Instant | None
    read_by: str | None
    urged: int


class OrderTold(SentTold):
    """An order to correct."""

    notice: str


class OrderInFull(OrderTold):
    """An order with a receipt for each copy."""

    receipts: list[Receipt]


class OrderTexts(BaseModel):
    """An order as it was sent, or as it would read now."""

    sent: bool
    order: dict[str, TitleAndBody] = Field(description="By language.")


class Urged(BaseModel):
    """How many copies were urged."""

    urged: int


class Message(BaseModel):
    """One message of a thread."""

    number: int
    kind: Literal["message", "urge", "call"]
    party: str
    by: str | None
    text: str
    contact_role: ContactRole | Literal[""]
    outcome: Literal["", "reached", "no_answer", "wrong_number"]
    at: Instant
    read_by_other_side: bool


class Reading(BaseModel):
    """Up to where somebody has read."""

    by: str | None
    party: str
    number: int
    at: Instant


class Thread(BaseModel):
    """Some messages of a case."""

    items: list[Message]
    read_up_to: int = Field(description="By the caller.")
    readers: list[Reading]
    next: int | None = Field(description="The `after` of the next page; null at the end.")


class Numbering(BaseModel):
    """The number of a message."""

    number: int


class Reachable(BaseModel):
    """Who may be rung."""

    role: ContactRole
    name: str
    phone: str


class Called(BaseModel):
    """A call that was made."""

    at: Instant
    by: str | None
    contact_role: ContactRole
    outcome: Literal["reached", "no_answer", "wrong_number"]
    text: str


class CallDue(BaseModel):
    """A site that answers nothing, and whom to ring there."""

    case: str
    site: str
    site_name: str
    time_zone: str
    kind: str
    kind_names: ByLanguage
    tier: Tier
    card: str
    stage: str
    overdue_since: Instant | None
    contacts: list[Reachable]
    calls: list[Called]


NOTICE = Annotated[dict[str, Any], Shape(NoticeTold)]
RECEIVED = Annotated[dict[str, Any], Shape(ReceivedPage)]
SENT = Annotated[dict[str, Any], Shape(SentTold)]
SENT_PAGE = Annotated[dict[str, Any], Shape(Page[SentTold])]
RECEIPTS = Annotated[dict[str, Any], Shape(Page[Receipt])]
ORDER = Annotated[dict[str, Any], Shape(OrderInFull)]
ORDERS = Annotated[dict[str, Any], Shape(Page[OrderTold])]
ORDER_TEXTS = Annotated[dict[str, Any], Shape(OrderTexts)]
URGED = Annotated[dict[str, Any], Shape(Urged)]
THREAD = Annotated[dict[str, Any], Shape(Thread)]
NUMBER = Annotated[dict[str, Any], Shape(Numbering)]
CALLS = Annotated[dict[str, Any], Shape(Page[CallDue])]
