"""The one place that decides which part of the world a caller may know of (I9)."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, select, true

from api.store.schema import events, regions, sites


@dataclass(frozen=True, slots=True)
class Scope:
    """A region and everything below it, or one site in it."""

    region_path: str
    """As in `regions.path`; `/` is the whole tree."""
    site: str | None = None


WHOLE = Scope("/")
"""For commands on the machine itself."""


def regions_within(scope: Scope) -> ColumnElement[bool]:
    """Return the condition on `regions`."""
    if scope.region_path == "/":
        return true()
    # No LIKE: `_` is allowed in an id and would match anything, and SQLite's ignores case.
    return func.substr(regions.c.path, 1, len(scope.region_path)) == scope.region_path


def sites_within(scope: Scope) -> ColumnElement[bool]:
    """Return the condition on `sites`, which every query about sites, cameras, events or the log joins."""
    part = sites.c.id == scope.site if scope.site is not None else true()
    if scope.region_path == "/":
        return part
    return and_(part, sites.c.region_id.in_(select(regions.c.id).where(regions_within(scope))))


def events_within(scope: Scope) -> ColumnElement[bool]:
    """Return the same condition on `events` alone, whose rows know their region."""
    if scope.site is not None:
        return and_(events.c.site_id == scope.site, _of_regions(scope))
    return _of_regions(scope)


def _of_regions(scope: Scope) -> ColumnElement[bool]:
    if scope.region_path == "/":
        return true()
    return events.c.region_id.in_(select(regions.c.id).where(regions_within(scope)))
