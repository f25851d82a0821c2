"""Pages by regions: the same as by one look at everything, for whoever asks, and wherever a site has gone meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, update

from api.store import events, sites
from api.store.database import Database
from api.store.events import EventFilter, Page, Position
from api.store.schema import events as rows
from api.store.scope import WHOLE, Scope
from tests.contract.world import SITES, event_id, furnish, take, told

SCOPES = [
    WHOLE,
    Scope("/north/"),
    Scope("/north/north-inner/"),
    Scope("/north_/"),
    Scope("/South/"),
    Scope("/", "hall"),
]
WANTED = [
    EventFilter(),
    EventFilter(kind=("smoking",)),
    EventFilter(kind=("smoking", "no_hat")),
    EventFilter(open=True),
]
KINDS = ("no_hat", "no_mask", "smoking")


@pytest.fixture
def city(database: Database) -> Database:
    """Give a city in which every site has told of many events, several at the same instant."""
    with database.write() as connection:
        furnish(connection)
        for number in range(48):
            site = sorted(SITES)[number % len(SITES)]
            phase = "closed" if number % 5 == 0 else "opened"
            take(connection, told(number, phase, site=site, after_s=number % 7, kind=KINDS[number % 3]))
    return database


def read(connection: Connection, scope: Scope, wanted: EventFilter) -> list[str]:
    """Return the ids of all pages, one after the other."""
    found: list[str] = []
    behind: Position | None = None
    while True:
        page = events.page(connection, scope, wanted, Page("newest", 4, behind))
        found += [row["id"] for row in page[:4]]
        if len(page) < 5:
            return found
        behind = Position(page[3]["tier_rank"], page[3]["started_at"], page[3]["id"])


@contextmanager
def by_the_whole_index() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(events, "_merged", None)
        patch.setattr(events, "MOST_REGIONS", -1)
        yield


@pytest.mark.parametrize("scope", SCOPES, ids=str)
def test_pages_are_the_same_however_they_are_found(city: Database, scope: Scope) -> None:
    with city.read() as connection:
        everything = connection.execute(rows.select().order_by(rows.c.started_at.desc(), rows.c.id.desc())).all()
        seen = set(read(connection, scope, EventFilter()))
        for wanted in WANTED:
            fitting = [
                row.id
                for row in everything
                if row.id in seen
                and (not wanted.kind or row.kind in wanted.kind)
                and (wanted.open is None or row.phase == "opened")
            ]
            assert read(connection, scope, wanted) == fitting
        with by_the_whole_index():
            assert read(connection, scope, EventFilter()) == [row.id for row in everything if row.id in seen]


def test_events_go_where_their_site_goes(city: Database) -> None:
    north, south = Scope("/north/"), Scope("/south/")
    with city.read() as connection:
        before = read(connection, north, EventFilter())
        moved = [row["id"] for row in events.page(connection, Scope("/", "hall"), EventFilter(), Page("newest", 99))]
    with city.write() as connection:
        assert sites.change(connection, "hall", 1, {"region_id": "south"})
        take(connection, told(99, site="hall"))
    with city.read() as connection:
        assert read(connection, north, EventFilter()) == [each for each in before if each not in moved]
        assert {*moved, event_id(99)} <= set(read(connection, south, EventFilter()))
        assert events.astray(connection) == 0


def test_an_event_that_did_not_follow_is_counted(city: Database) -> None:
    with city.write() as connection:
        connection.execute(update(rows).where(rows.c.site_id == "hall").values(region_id="south"))
        assert events.astray(connection) == 8
        events.follow_sites(connection, ["hall"])
        assert events.astray(connection) == 0
