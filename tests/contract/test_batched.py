"""Batches on each kind of database: what becomes of each message is what would have become of it alone."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, event

from api.auth.caller import Caller
from api.batched import Fate, accept_batch
from api.errors import ProblemError
from api.intake import Accepted, Step, accept
from api.messages import EventMessage
from api.store import keys, log, media
from api.store.database import Database
from api.store.scope import Scope
from tests.contract.test_arrivals import kept
from tests.contract.world import CALLER, NOW, furnish, piece, told
from vision.errors import InvalidInputError

NORTH = replace(CALLER, scope=Scope("/north/"))
PLACES = ({"site": "main"}, {"site": "hall"}, {"site": "moon"}, {"site": "main", "camera": "hall-1"})
PLACES += ({"site": "main", "camera": "nobody-knows"}, {"site": "hall", "camera": "nobody-knows"})
MESSAGE = st.builds(
    lambda number, phase, place: told(number, phase, **place),
    st.integers(1, 4),
    st.sampled_from(("opened", "closed", "updated")),
    st.sampled_from(PLACES),
)


def alone(connection: Connection, caller: Caller, message: EventMessage) -> Fate:
    """Take one in as its own request would, which undoes what it did when it is refused."""
    try:
        with connection.begin_nested():
            return accept(connection, caller, message, NOW)
    except (InvalidInputError, ProblemError) as error:
        return error


def one_by_one(connection: Connection, caller: Caller, sent: Sequence[EventMessage], _: Any) -> list[Fate]:
    return [alone(connection, caller, message) for message in sent]


def said(fates: Sequence[Fate]) -> list[Any]:
    return [fate if isinstance(fate, Accepted) else (type(fate), str(fate)) for fate in fates]


def outcome(connection: Connection, take_in: Any, caller: Caller, before: Any, sent: Any) -> tuple[Any, ...]:
    with connection.begin_nested() as trial:
        one_by_one(connection, CALLER, before, NOW)
        state = said(take_in(connection, caller, sent, NOW)), *kept(connection)
        trial.rollback()
    return state


def test_a_batch_ends_as_one_after_the_other_would(database: Database) -> None:
    @settings(max_examples=60, deadline=None)
    @given(st.lists(MESSAGE, max_size=3), st.lists(MESSAGE, max_size=8), st.sampled_from((CALLER, NORTH)))
    def same(before: list[EventMessage], sent: list[EventMessage], caller: Caller) -> None:
        assert outcome(connection, accept_batch, caller, before, sent) == outcome(
            connection, one_by_one, caller, before, sent
        )

    with database.write() as connection:
        furnish(connection)
        same()


def test_a_day_s_limit_lets_the_first_ones_in_and_all_that_follows_of_known_ones(database: Database) -> None:
    row = {
        "id": "key-2",
        "prefix": "p",
        "digest": "d",
        "name": "box",
        "region_id": "root",
        "scopes": [],
        "created_at": NOW,
    }
    box = replace(CALLER, id="key-2", limited=True)
    sent = [told(1), told(2), told(3), told(1, "closed"), told(2), told(4)]
    with database.write() as connection:
        furnish(connection)
        keys.add(connection, {**row, "events_a_day": 2})
        fates = accept_batch(connection, box, sent, NOW)
        again = accept_batch(connection, box, sent, NOW)
    assert [fate.step if isinstance(fate, Accepted) else str(fate)[:8] for fate in fates] == [
        *(Step.CREATE, Step.CREATE, "this key", Step.ADVANCE, Step.IGNORE, "this key"),
    ]
    assert [isinstance(fate, ProblemError) for fate in again] == [isinstance(fate, ProblemError) for fate in fates]


def test_statements_do_not_grow_with_the_batch(database: Database) -> None:
    sent = [told(n, phase, site=site) for n in range(20) for site in ("main",) for phase in ("opened", "closed")]
    told_to: list[str] = []
    with database.write() as connection:
        furnish(connection)
        one_by_one(connection, CALLER, sent[:10], NOW)
        event.listen(connection, "before_cursor_execute", lambda *seen: told_to.append(seen[2]))
        fates = accept_batch(connection, CALLER, [*sent, *sent], NOW)
    assert sum(isinstance(fate, Accepted) and fate.sequence is not None for fate in fates) == len(sent) - 10
    assert len(told_to) <= 10, told_to


def test_evidence_that_is_there_is_told_with_what_follows(database: Database) -> None:
    def last_line(take_in: Any) -> str:
        with database.write() as connection:
            furnish(connection)
            accept(connection, CALLER, told(1), NOW)
            media.add(connection, piece("clip"))
            take_in(connection, CALLER, [told(1, "closed")], NOW)
            (line,) = log.after(connection, CALLER.scope, 1, 5)
            connection.rollback()
        return line.body

    assert last_line(accept_batch) == last_line(one_by_one)
    assert '"clip"' in last_line(accept_batch)
