"""The case machine: which step may follow which, by whom, with what, and which clocks each starts and stops.

::

    confirmed ─order▶ ordered ─acknowledge▶ acknowledged ─plan▶ planned ─rectify▶ rectified ─accept▶ closed
                         └────────────── appeal (clocks pause) ──────────────────────┘  └─return▶ returned ─rectify▶ …
                              uphold▶ withdrawn   reject▶ clocks go on

Neither putting it right nor the decision that it is right gives up the window to appeal: until it is over, also a
closed case can be contested, and is withdrawn if that is upheld.

A clock of the site that runs out shows the yellow card, then the red one, then sends an inspector; the stage stays, for
the duty stays. A supervisor may go there at any time: what is found put right closes the case, what is not shows the
yellow card and starts the time to put it right anew. Nothing here knows the time: a step brings its own.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Literal

from api.cases.calendar import SiteCalendar
from api.cases.clocks import PARTIES, ClockName, Clocks, Party
from api.cases.terms import Terms
from vision.errors import InvalidInputError

Role = Literal["supervisor", "kitchen", "system"]
Card = Literal["none", "yellow", "red", "on_site"]
Appeal = Literal["none", "filed", "upheld", "rejected"]
Need = Literal["reason", "proof", "until"]


class Stage(StrEnum):
    """How far a case is."""

    CONFIRMED = "confirmed"
    ORDERED = "ordered"
    ACKNOWLEDGED = "acknowledged"
    PLANNED = "planned"
    RECTIFIED = "rectified"
    RETURNED = "returned"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Action(StrEnum):
    """What may be done to a case."""

    ORDER = "order"
    ACKNOWLEDGE = "acknowledge"
    STATE = "state"
    APPEAL = "appeal"
    UPHOLD = "uphold"
    REJECT = "reject"
    PLAN = "plan"
    RECTIFY = "rectify"
    ACCEPT = "accept"
    RETURN = "return"
    EXTEND = "extend"
    INSPECT = "inspect"
    FIND_UNFIXED = "find_unfixed"
    WITHDRAW = "withdraw"
    WARN_YELLOW = "warn_yellow"
    WARN_RED = "warn_red"
    SEND_INSPECTOR = "send_inspector"


OVER = frozenset({Stage.CLOSED, Stage.WITHDRAWN})
AT_THE_SITE = frozenset({Stage.ORDERED, Stage.ACKNOWLEDGED, Stage.PLANNED, Stage.RETURNED})
"""Stages in which the site is to act."""
CONTESTABLE = AT_THE_SITE | {Stage.RECTIFIED, Stage.CLOSED}
"""Whoever puts a thing right does not thereby admit it: the window to appeal stays open, also behind a closed case."""
EVERYWHERE = frozenset(Stage) - OVER


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something."""

    id: str
    role: Role


SYSTEM = Actor("system", "system")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing done to a case: a row of its story, for ever."""

    action: Action
    by: Actor
    at: datetime
    reason: str = ""
    """What a person wrote: a statement, a plan, why a proof is not enough."""
    proof: tuple[str, ...] = ()
    """Ids of photos or media."""
    until: datetime | None = None
    """For an extension: the new deadline."""


@dataclass(frozen=True, slots=True)
class Case:
    """Where a case stands; made by `begun` and `taken` only."""

    id: str
    confirmed_by: str
    """Who reviewed it: somebody else decides an appeal."""
    terms: Terms
    stage: Stage = Stage.CONFIRMED
    appeal: Appeal = "none"
    card: Card = "none"
    clocks: Clocks = field(default_factory=Clocks)
    steps: tuple[Step, ...] = ()

    @property
    def is_over(self) -> bool:
        """Tell whether nobody has anything to do any more."""
        return self.stage in OVER and self.appeal != "filed"

    @property
    def turn(self) -> Party | None:
        """Return who is to act next; None when it is over."""
        if self.is_over:
            return None
        at_site = self.stage in AT_THE_SITE and self.appeal != "filed" and self.card != "on_site"
        return "kitchen" if at_site else "supervisor"


class IllegalStepError(InvalidInputError):
    """A step that is not permitted now; `permitted` says what is."""

    def __init__(self, case: Case, step: Step, why: str) -> None:
        self.permitted = permitted(case, step.by, step.at)
        allowed = ", ".join(self.permitted) or "nothing"
        super().__init__("action", str(step.action), f"{why}; permitted now for {step.by.role}: {allowed}")


@dataclass(frozen=True, slots=True)
class Rule:
    """What a step needs and where it leads."""

    by: Role
    stages: frozenset[Stage]
    to: Stage | None = None
    """None = the stage stays."""
    needs: frozenset[Need] = frozenset()
    stops: tuple[ClockName, ...] = ()
    starts: tuple[ClockName, ...] = ()
    when: Callable[[Case, datetime], bool] = lambda _case, _at: True
    """What else must be so."""
    why: str = ""
    """How the condition reads."""
    other_person: bool = False
    """Whoever confirmed the violation may not do it."""


def _is_appealed(case: Case, _at: datetime) -> bool:
    return case.appeal == "filed"


def _is_told(case: Case, _at: datetime) -> bool:
    """Tell whether what a site states is still of use: a closed case that nobody contests is closed."""
    return case.stage is not Stage.CLOSED or case.appeal == "filed"


def _has_had_its_time(case: Case, _at: datetime) -> bool:
    """Tell whether something can be found not put right: the site says that it is, or its time has run out."""
    return case.stage is Stage.RECTIFIED or case.card != "none"


def _shows(card: Card) -> Callable[[Case, datetime], bool]:
    return lambda case, _at: case.card == card


def _may_appeal(case: Case, at: datetime) -> bool:
    return case.appeal == "none" and case.clocks.is_running("appeal", at)


REASON: frozenset[Need] = frozenset({"reason"})
SITE_CLOCKS: tuple[ClockName, ...] = ("acknowledge", "plan", "fix")
RULES: dict[Action, Rule] = {
    Action.ORDER: Rule(
        "supervisor",
        frozenset({Stage.CONFIRMED}),
        Stage.ORDERED,
        stops=("order",),
        starts=("acknowledge", "plan", "fix", "appeal"),
    ),
    Action.ACKNOWLEDGE: Rule("kitchen", frozenset({Stage.ORDERED}), Stage.ACKNOWLEDGED, stops=("acknowledge",)),
    Action.STATE: Rule(
        "kitchen",
        (EVERYWHERE | {Stage.CLOSED}) - {Stage.CONFIRMED},
        needs=REASON,
        when=_is_told,
        why="the case is closed and not contested",
    ),
    Action.APPEAL: Rule(
        "kitchen",
        CONTESTABLE,
        needs=REASON,
        stops=("appeal",),
        starts=("decide",),
        when=_may_appeal,
        why="once, and only while the appeal's clock runs",
    ),
    Action.UPHOLD: Rule(
        "supervisor",
        CONTESTABLE,
        Stage.WITHDRAWN,
        needs=REASON,
        when=_is_appealed,
        why="an appeal must be filed",
        other_person=True,
    ),
    Action.REJECT: Rule(
        "supervisor",
        CONTESTABLE,
        needs=REASON,
        stops=("decide",),
        when=_is_appealed,
        why="an appeal must be filed",
        other_person=True,
    ),
    Action.PLAN: Rule(
        "kitchen",
        frozenset({Stage.ORDERED, Stage.ACKNOWLEDGED, Stage.RETURNED}),
        Stage.PLANNED,
        needs=REASON,
        stops=("acknowledge", "plan"),
    ),
    Action.RECTIFY: Rule(
        "kitchen", AT_THE_SITE, Stage.RECTIFIED, needs=frozenset({"proof"}), stops=SITE_CLOCKS, starts=("recheck",)
    ),
    Action.ACCEPT: Rule("supervisor", frozenset({Stage.RECTIFIED}), Stage.CLOSED),
    Action.RETURN: Rule(
        "supervisor", frozenset({Stage.RECTIFIED}), Stage.RETURNED, needs=REASON, stops=("recheck",), starts=("fix",)
    ),
    Action.EXTEND: Rule("supervisor", AT_THE_SITE, needs=frozenset({"reason", "until"})),
    Action.INSPECT: Rule(
        "supervisor",
        EVERYWHERE - {Stage.CONFIRMED},
        Stage.CLOSED,
        needs=frozenset({"reason", "proof"}),
    ),
    Action.FIND_UNFIXED: Rule(
        "supervisor",
        CONTESTABLE - OVER,
        Stage.RETURNED,
        needs=frozenset({"reason", "proof"}),
        stops=(*SITE_CLOCKS, "recheck", "red", "on_site"),
        starts=("fix", "red"),
        when=_has_had_its_time,
        why="the site still has time to put it right",
    ),
    Action.WITHDRAW: Rule("supervisor", EVERYWHERE, Stage.WITHDRAWN, needs=REASON),
    Action.WARN_YELLOW: Rule("system", AT_THE_SITE, starts=("red",), when=_shows("none"), why="no card may be shown"),
    Action.WARN_RED: Rule(
        "system",
        AT_THE_SITE,
        stops=("red",),
        starts=("on_site",),
        when=_shows("yellow"),
        why="the yellow card comes first",
    ),
    Action.SEND_INSPECTOR: Rule(
        "system", AT_THE_SITE, stops=("on_site",), when=_shows("red"), why="the red card comes first"
    ),
}
_APPEALS: dict[Action, Appeal] = {Action.APPEAL: "filed", Action.UPHOLD: "upheld", Action.REJECT: "rejected"}
_CARDS: dict[Action, Card] = {
    Action.WARN_YELLOW: "yellow",
    Action.FIND_UNFIXED: "yellow",
    Action.WARN_RED: "red",
    Action.SEND_INSPECTOR: "on_site",
}
_NEXT_CARD: dict[Card, tuple[tuple[ClockName, ...], Action]] = {
    "none": (SITE_CLOCKS, Action.WARN_YELLOW),
    "yellow": (("red",), Action.WARN_RED),
    "red": (("on_site",), Action.SEND_INSPECTOR),
    "on_site": ((), Action.SEND_INSPECTOR),
}
"""Which clock's end shows the next card."""
MAKES_GOOD = frozenset({Action.RECTIFY, Action.EXTEND})
"""What takes a card back: the site has acted, or has been given more time."""
LONGEST_EXTENSION = timedelta(days=366)
WHILE_APPEALED = frozenset({Action.STATE, Action.UPHOLD, Action.REJECT, Action.WITHDRAW})
"""What an appeal that is not yet decided leaves open."""


def begun(case_id: str, confirmed_by: str, terms: Terms, at: datetime, calendar: SiteCalendar) -> Case:
    """Return the case of a violation that a supervisor has just confirmed."""
    return Case(case_id, confirmed_by, terms, clocks=Clocks().start(("order",), terms, at, calendar))


def taken(case: Case, step: Step, calendar: SiteCalendar) -> Case:
    """Return the case after a step; raises IllegalStepError naming what is permitted instead."""
    rule = RULES[step.action]
    _refuse(case, step, rule)
    stage = rule.to or case.stage
    return replace(
        case,
        stage=stage,
        appeal=_APPEALS.get(step.action, case.appeal),
        card="none" if step.action in MAKES_GOOD else _CARDS.get(step.action, case.card),
        clocks=_clocks(case, step, rule, calendar),
        steps=(*case.steps, step),
    )


def permitted(case: Case, by: Actor, at: datetime) -> tuple[Action, ...]:
    """Return what somebody may do at an instant."""
    return tuple(action for action in RULES if not _obstacle(case, Step(action, by, at)))


def stopped_by(name: ClockName) -> tuple[Action, ...]:
    """Return which steps stop a clock."""
    good = MAKES_GOOD if name in ("red", "on_site") else frozenset()
    ends = {Stage.WITHDRAWN} if name == "appeal" else OVER
    return tuple(action for action, rule in RULES.items() if name in rule.stops or rule.to in ends or action in good)


def _refuse(case: Case, step: Step, rule: Rule) -> None:
    obstacle = _obstacle(case, step)
    if obstacle:
        raise IllegalStepError(case, step, obstacle)
    for name in sorted(rule.needs):
        if not getattr(step, name):
            raise InvalidInputError(name, getattr(step, name), f"something, for {step.action}")
    if case.steps and step.at < case.steps[-1].at:
        raise InvalidInputError("at", step.at.isoformat(), f"not before {case.steps[-1].at.isoformat()}")
    if step.action is Action.EXTEND and step.until and not step.at < step.until <= step.at + LONGEST_EXTENSION:
        allowed = f"after {step.at.isoformat()}, at most {LONGEST_EXTENSION.days} days later"
        raise InvalidInputError("until", step.until.isoformat(), allowed)


def _obstacle(case: Case, step: Step) -> str:
    """Return why a step cannot be taken; empty where it can."""
    rule = RULES[step.action]
    if rule.by != step.by.role:
        return f"only a {rule.by} may {step.action}"
    if case.stage not in rule.stages:
        return f"not while the case is {case.stage}"
    if case.appeal == "filed" and step.action not in WHILE_APPEALED:
        return "an appeal is being decided"
    if rule.other_person and step.by.id == case.confirmed_by:
        return "whoever confirmed the violation may not decide the appeal"
    return "" if rule.when(case, step.at) else rule.why


def _clocks(case: Case, step: Step, rule: Rule, calendar: SiteCalendar) -> Clocks:
    if rule.to is Stage.WITHDRAWN:
        return case.clocks.stop_all(step.at, step.action)
    if rule.to is Stage.CLOSED:
        return case.clocks.stop(tuple(name for name in PARTIES if name != "appeal"), step.at, step.action)
    clocks = case.clocks.stop(rule.stops, step.at, step.action)
    if step.action in MAKES_GOOD:
        clocks = clocks.stop(("red", "on_site"), step.at, step.action)
    if step.action is Action.APPEAL:
        clocks = clocks.pause(step.at, calendar)
    if step.action is Action.REJECT:
        clocks = clocks.resume(step.at, calendar)
    if step.action is Action.EXTEND and step.until:
        clocks = clocks.extend(step.until)
    return clocks.start(rule.starts, case.terms, step.at, calendar)


def advanced(case: Case, at: datetime, calendar: SiteCalendar) -> Case:
    """Return the case with everything done that fell due by an instant: cards, and the inspector."""
    while step := _due(case, at):
        case = taken(case, step, calendar)
    return case


def upcoming(case: Case) -> Step | None:
    """Return what the system will do first if nobody acts, and when."""
    return _due(case, _FOR_EVER)


_FOR_EVER = datetime.max.replace(tzinfo=UTC)


def _due(case: Case, at: datetime) -> Step | None:
    """Return what the system must do first, at the moment at which it fell due."""
    if case.appeal == "filed" or case.stage not in AT_THE_SITE:
        return None
    names, action = _NEXT_CARD[case.card]
    clock = case.clocks.first_overdue(names, at)
    if clock is None:
        return None
    last_at = case.steps[-1].at if case.steps else clock.due_at
    return Step(action, SYSTEM, max(clock.due_at, last_at), f"the clock '{clock.name}' ran out")
