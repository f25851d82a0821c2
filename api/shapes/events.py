"""Answers about events, cases, films and the registers."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from api.detecting.bodies import ProblemBody
from api.messages import EventData, EventMessage
from api.shapes import Day, Etag, Instant, Page, Sha256, Shape

Tier = Literal["I", "II", "III"]


class Evidence(BaseModel):
    """One piece of evidence."""

    url: str
    sha256: Sha256
    size_bytes: int
    blurred: bool
    media_type: str


class ReviewTold(BaseModel):
    """The verdict that stands."""

    verdict: Literal["confirmed", "dismissed", "unsure"]
    reason: str
    note: str
    by: str
    at: Instant


class Home(BaseModel):
    """The case that an event is in."""

    id: str
    stage: str


class _Known(EventData):
    """An event with what the API knows better than its sender."""

    status: Literal["pending_review", "confirmed", "dismissed", "unsure"]
    evidence: dict[str, Evidence]
    usable_as_penalty_evidence: bool


class Event(_Known):
    """One violation, with evidence, verdict and case."""

    phase: str
    review: ReviewTold | None
    site_name: str
    camera_name: str
    time_zone: str
    etag: Etag
    case: Home | None


class Counts(BaseModel):
    """How many events there are."""

    status: dict[str, int]
    kind: dict[str, int]
    tier: dict[str, int]


class Held(BaseModel):
    """Who is reviewing an event, and until when it is theirs."""

    by: str
    until: Instant


class ClaimTold(BaseModel):
    """Whose an event is at the moment; null for nobody."""

    claim: Held | None


class Taken(BaseModel):
    """That an event was taken in."""

    id: str
    sequence: int | None = Field(description="Its number in the log; null where nothing was new.")


class TakenOfMany(BaseModel):
    """What became of one message of a batch: what `PUT /v1/events/{event_id}` would have answered."""

    status: Literal[200, 201, 422, 429] = Field(
        description="201: the event was not known before. 200: it was. 422 and 429: it was not taken; see `problem`."
    )
    id: str | None = Field(description="The event; null where the message does not say which.")
    sequence: int | None = Field(description="Its number in the log; null where nothing was new.")
    problem: ProblemBody | None = Field(description="Why it was not taken; null where it was.")


class TakenTogether(BaseModel):
    """One entry for each message, in the order sent."""

    items: list[TakenOfMany]


class RunningClock(BaseModel):
    """A clock of a case."""

    name: str
    party: str
    due_at: Instant | None
    paused_left_s: float | None
    started_at: Instant
    in_working_time: bool
    running: bool
    overdue: bool
    stopped_at: Instant | None
    stopped_by: str
    stops_with: list[str]
    why: dict[str, str]
    reminded: int


class Case(BaseModel):
    """What follows from a confirmed violation."""

    id: str
    kind: str
    tier: Tier
    stage: str
    appeal: str
    card: str
    turn: str
    repeats: int
    site: str
    site_name: str
    time_zone: str
    day: Day
    event: str
    event_count: int
    began_at: Instant
    updated_at: Instant
    due_at: Instant | None
    overdue: bool
    assignee: str | None = Field(description="The officer who answers for it; null = nobody.")
    clocks: list[RunningClock]
    version: int
    etag: Etag


class Permitted(BaseModel):
    """A step that the caller may take now."""

    action: str
    needs: list[str]
    does: dict[str, str]


class Duty(Case):
    """A case of my kitchen."""

    kind_names: dict[str, str]
    order: Any = Field(description="The order's texts by language; null before there is one.")
    permitted: list[Permitted]


class Member(_Known):
    """One event of a case."""

    camera_name: str
    joined_at: Instant
    left_at: Instant | None
    confirmed_by: str | None


class Happening(BaseModel):
    """One line of a case's story."""

    at: Instant
    what: str
    by: str | None
    role: str


class CaseInFull(Duty):
    """A case with everything that happened."""

    policy: str
    terms: dict[str, Any]
    officers: list[str] = Field(description="To whom this caller may assign it, the nearest first.")
    events: list[Member]
    story: list[Happening]
    usable_as_penalty_evidence: bool
    penalty_evidence_lacks: list[str]


class Progress(BaseModel):
    """How far a film has come."""

    share: float | None
    seen_s: float
    looks: int
    events: int


class FilmTold(BaseModel):
    """A video job."""

    id: str
    state: Literal["queued", "running", "done", "failed", "lost"]
    created_at: Instant
    finished_at: Instant | None
    kept_until: Instant | None
    zone: str
    interval_s: float
    progress: Progress
    error: str
    result: str


class FilmResult(FilmTold):
    """What a film showed."""

    events: list[dict[str, Any]]


class Thresholds(BaseModel):
    """When a kind opens and closes."""

    open_at: float
    close_at: float


class KindTold(BaseModel):
    """A kind of violation."""

    name: str
    zh: str
    en: str
    family: str
    thresholds: Thresholds


class CatalogueTold(BaseModel):
    """Every kind."""

    version: str
    kinds: list[KindTold]


class Viewing(BaseModel):
    """One look at unblurred media: of an event, with its camera, or of a photo."""

    at: Instant
    user: str
    name: str
    reason: str
    sha256: Sha256
    event: str | None
    photo: str | None
    site: str
    camera: str | None


SENT = Annotated[Any, Shape(EventMessage)]
"""A message that is looked at by itself, after the others of its batch have been told apart from it."""
EVENT = Annotated[dict[str, Any], Shape(Event)]
EVENTS = Annotated[dict[str, Any], Shape(Page[Event])]
CLAIM = Annotated[dict[str, Any], Shape(ClaimTold)]
COUNTS = Annotated[dict[str, Any], Shape(Counts)]
TAKEN = Annotated[dict[str, Any], Shape(Taken)]
TAKEN_TOGETHER = Annotated[dict[str, Any], Shape(TakenTogether)]
EVIDENCE = Annotated[dict[str, Any], Shape(Evidence)]
CASE = Annotated[dict[str, Any], Shape(CaseInFull)]
CASES = Annotated[dict[str, Any], Shape(Page[Case])]
DUTIES = Annotated[dict[str, Any], Shape(Page[Duty])]
FILM = Annotated[dict[str, Any], Shape(FilmTold)]
FILMS = Annotated[dict[str, Any], Shape(Page[FilmTold])]
FILM_RESULT = Annotated[dict[str, Any], Shape(FilmResult)]
CATALOGUE = Annotated[dict[str, Any], Shape(CatalogueTold)]
VIEWINGS = Annotated[dict[str, Any], Shape(Page[Viewing])]
