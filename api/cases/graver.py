"""Something graver joins a case: its deadlines become shorter from that moment on, and none becomes longer."""

from dataclasses import replace
from datetime import datetime

from api.cases.calendar import SiteCalendar
from api.cases.clocks import ClockName, Clocks
from api.cases.machine import AT_THE_SITE, Case, Stage
from api.cases.terms import Terms

TIGHTENED: tuple[ClockName, ...] = ("order", "acknowledge", "plan", "fix", "recheck", "red", "on_site")
ASKED_OF_THE_SITE: dict[ClockName, frozenset[Stage]] = {
    "acknowledge": frozenset({Stage.ORDERED}),
    "plan": frozenset({Stage.ORDERED, Stage.ACKNOWLEDGED, Stage.RETURNED}),
    "fix": AT_THE_SITE,
}
"""In which stages each duty of the site is still ahead of it."""


def tightened(case: Case, terms: Terms, at: datetime, calendar: SiteCalendar) -> Case:
    """Return a case under the terms of something graver that joins it at an instant.

    Each deadline is at most as long from now on as the new terms are; none becomes longer, and the window to appeal
    and the time to decide stay. What the old terms did not ask of the site, such as a plan, is asked from now on.
    """
    clocks = case.clocks.hasten(TIGHTENED, terms, at, calendar)
    ever = {clock.name for clock in case.clocks}
    asked = [name for name, stages in ASKED_OF_THE_SITE.items() if case.stage in stages and name not in ever]
    new = Clocks().start(asked, terms, at, calendar)
    new = new.pause(at, calendar) if case.appeal == "filed" else new
    return replace(case, terms=terms, clocks=clocks.with_new(new))
