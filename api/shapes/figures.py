"""Answers with figures: trends, shares, scores, the worklist, and what the public sees."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from api.places.facts import Grade
from api.shapes import Day, Instant, Page, Shape
from api.shapes.events import Tier

Colour = Literal["green", "amber", "red"]


class Between(BaseModel):
    """The time that figures are of, half-open."""

    after: Instant
    before: Instant


class Series(BaseModel):
    """One line of a trend."""

    key: str
    counts: list[int] = Field(description="One for each bucket.")


class Trends(Between):
    """Counts over time."""

    buckets: list[Day] = Field(description="The first day of each.")
    series: list[Series]
    n: int


class Heat(Between):
    """Counts by weekday and hour."""

    rows: list[list[int]] = Field(description="Seven rows, Monday first, of 24 hours.")
    n: int


class ParetoLine(BaseModel):
    """One count and its share."""

    key: str = Field(description="Empty = all others.")
    name: str
    count: int
    share: float
    cumulative: float


class Pareto(Between):
    """What makes up most."""

    items: list[ParetoLine]
    n: int


class ShareTold(BaseModel):
    """A share with its size and its 95 % interval; null where nothing was counted."""

    n: int
    hits: int
    share: float | None
    low: float | None
    high: float | None


class Funnel(Between):
    """How many came how far."""

    detected: int
    reviewed: int
    confirmed: int
    in_case: int
    cases: int
    ordered: int
    closed: int
    closed_on_time: int
    on_time: ShareTold


class PrecisionLine(BaseModel):
    """How often findings were right."""

    key: str
    name: str
    precision: ShareTold
    dismissed: int
    unsure: int
    pending: int
    camera_days: float
    false_alarms_per_camera_day: float | None


class Precision(Between):
    """Precision by kind, camera or site."""

    items: list[PrecisionLine]


class Points(BaseModel):
    """A score that can no longer be appealed."""

    points: float
    colour: Colour


class ScoreTold(BaseModel):
    """Points and colour of a site."""

    site: str
    site_name: str
    points: float
    colour: Colour
    final: Points


class ScoreLine(BaseModel):
    """A case, and the factors whose product it takes; or why it does not count."""

    case: str
    kind: str
    tier: Tier
    day: Day
    why: str
    base: float
    factors: dict[str, float]
    points: float


class AgeShare(BaseModel):
    """What a case of this age still counts."""

    days: float
    share: float


class ScoreRuleTold(BaseModel):
    """The rule behind a score."""

    points: dict[str, float]
    cards: dict[str, float]
    repeat: float
    put_right: float
    ages: list[AgeShare]
    colours: dict[str, float]
    edition: str


class Reason(BaseModel):
    """One reason of a risk, with what it is read from."""

    why: str
    points: float


class ScoreInFull(ScoreTold):
    """A score, line by line."""

    lines: list[ScoreLine]
    risk: float = Field(default=0, description="Only for who steers.")
    reasons: list[Reason] = Field(default=[], description="Only for who steers.")
    rule: ScoreRuleTold
    computed_at: Instant
    changes_at: Instant


class Target(ScoreTold):
    """A site of the worklist."""

    type: str
    region: str
    grade: Grade
    graded_on: Day | None
    risk: float
    reasons: list[Reason]
    cameras: int
    unhealthy: int


class Targets(Page[Target]):
    """The riskiest first."""

    colours: dict[str, int] | None = Field(description="How many sites of each; only on the first page.")


class LabelNow(BaseModel):
    """Whether a kitchen is open to view."""

    open: bool
    label: dict[str, str]
    at: Instant


class PublicSite(BaseModel):
    """What everybody may know of a site."""

    id: str
    name: str
    type: str
    address: str
    region: str
    grade: str | None
    graded_on: Day | None
    colour: Colour
    open_kitchen: LabelNow


class FinalCase(BaseModel):
    """A case that nobody can appeal any more."""

    case: str
    kind: str
    tier: Tier
    day: Day
    points: float
    picture: str


class Listed(PublicSite):
    """A site of the red or the black list."""

    cases: list[FinalCase] = Field(default=[], description="Of the black list only.")


class PublicList(Page[Listed]):
    """The red or the black list."""

    edition: str


TRENDS = Annotated[dict[str, Any], Shape(Trends)]
HEAT = Annotated[dict[str, Any], Shape(Heat)]
PARETO = Annotated[dict[str, Any], Shape(Pareto)]
FUNNEL = Annotated[dict[str, Any], Shape(Funnel)]
PRECISION = Annotated[dict[str, Any], Shape(Precision)]
SCORE = Annotated[dict[str, Any], Shape(ScoreInFull)]
TARGETS = Annotated[dict[str, Any], Shape(Targets)]
PUBLIC_SITE = Annotated[dict[str, Any], Shape(PublicSite)]
PUBLIC_SITES = Annotated[dict[str, Any], Shape(Page[PublicSite])]
PUBLIC_LIST = Annotated[dict[str, Any], Shape(PublicList)]
