"""Two writers, ten writers, a dead server: what the store promises holds on each kind of database."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from random import Random
from typing import TypeVar

import pytest
from sqlalchemy import func, select

from api.audit import Act, breaks, record
from api.store import cameras, events, log, media, register, replays, reviews, users
from api.store.database import Database
from api.store.log import Logged
from api.store.migrate import migrate
from api.store.schema import events as events_table
from api.store.schema import log as log_table
from api.store.schema import viewing_register
from api.store.scope import WHOLE
from tests.contract.world import NOW, event_id, furnish, take, told
from tests.keys import KEYRING
from tests.servers.postgres import running_postgres
from vision.errors import StorageError

CROWD = 8
T = TypeVar("T")


@pytest.fixture
def city(database: Database) -> Database:
    with database.write() as connection:
        furnish(connection)
    return database


def at_once(work: Callable[[int], T], crowd: int = CROWD) -> list[T]:
    """Let a crowd do something at the same moment; what any of them raises fails the test."""
    line = threading.Barrier(crowd)

    def one(number: int) -> T:
        line.wait()
        return work(number)

    with ThreadPoolExecutor(crowd) as pool:
        return list(pool.map(one, range(crowd)))


def numbers(lines: list[Logged]) -> list[int]:
    return [line.sequence for line in lines]


def read_log(database: Database, after: int = 0, limit: int = 1000) -> list[Logged]:
    with database.read() as connection:
        return log.after(connection, WHOLE, after, limit)


def test_a_reader_who_remembers_the_last_number_misses_nothing(city: Database) -> None:
    """Writers commit late and in any order, some roll back; a consumer reads `after=N` all the while."""
    each, seen, over = 12, list[int](), threading.Event()

    def follow() -> None:
        while not over.is_set() or read_log(city, seen[-1] if seen else 0, 1):
            seen.extend(numbers(read_log(city, seen[-1] if seen else 0, 3)))

    def write(number: int) -> int:
        dice = Random(number)  # noqa: S311 - no secret
        kept = 0
        for turn in range(each):
            try:
                with city.write() as connection:
                    take(connection, told(100 * number + turn))
                    time.sleep(dice.random() / 200)
                    _stumble(dice)
            except KeyError:
                continue
            kept += 1
        return kept

    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(follow)
        written = sum(at_once(write))
        over.set()
        following.result()
    assert 0 < written < CROWD * each
    assert seen == list(range(1, written + 1))


def _stumble(dice: Random) -> None:
    if dice.random() < 0.2:
        raise KeyError


def test_a_number_waits_for_the_one_before_it(city: Database) -> None:
    """The later writer cannot overtake, and takes over a number that was rolled back."""
    with ThreadPoolExecutor(1) as pool:
        with pytest.raises(KeyError), city.write() as connection:  # noqa: PT012 - the raise ends the transaction
            assert take(connection, told(1)).sequence == 1
            second: Future[int | None] = pool.submit(_told_alone, city, 2)
            time.sleep(0.1)
            assert not second.done()
            assert read_log(city) == []
            raise KeyError
        assert second.result(timeout=10) == 1
    assert numbers(read_log(city)) == [1]


def _told_alone(database: Database, number: int) -> int | None:
    with database.write() as connection:
        return take(connection, told(number)).sequence


def test_the_same_message_from_everywhere_is_one_event_and_one_line(city: Database) -> None:
    def tell(_: int) -> bool:
        with city.write() as connection:
            return take(connection, told(1)).created

    assert sorted(at_once(tell)) == [False] * (CROWD - 1) + [True]
    assert numbers(read_log(city)) == [1]


def test_companies_that_meet_crosswise_do_not_wait_for_each_other(city: Database) -> None:
    """Two processes each take two messages into one transaction, in the opposite order."""
    first_taken = [threading.Event(), threading.Event()]

    def company(number: int) -> None:
        with city.write() as connection:
            take(connection, told(number))
            first_taken[number].set()
            first_taken[1 - number].wait(0.3)  # where writers queue up, the other cannot come so far
            take(connection, told(1 - number))

    at_once(company, 2)
    assert numbers(read_log(city)) == [1, 2]


def test_phases_race_and_the_event_ends_closed(city: Database) -> None:
    phases = ("opened", "closed", "updated", "opened", "closed", "updated", "opened", "closed")

    def tell(number: int) -> None:
        with city.write() as connection:
            take(connection, told(1, phases[number]))

    at_once(tell)
    with city.read() as connection:
        row = events.find(connection, WHOLE, event_id(1))
        assert row
        assert row["phase"] == "closed"
        assert row["ended_at"] is not None
        ids = connection.scalars(select(log_table.c.message_id)).all()
    assert len(set(ids)) == len(ids)
    assert f"{event_id(1)}/closed" in ids


def test_a_camera_that_nobody_registered_appears_once(city: Database) -> None:
    """Eight first events of a new box at the same moment: all are kept."""

    def tell(number: int) -> bool:
        message = told(number, camera="new-box")
        with city.write() as connection:
            return take(connection, message).created

    assert all(at_once(tell))
    with city.read() as connection:
        assert cameras.find(connection, WHOLE, "new-box")
        assert connection.scalar(select(func.count()).select_from(events_table)) == CROWD


def test_the_audit_trail_stays_a_chain(city: Database) -> None:
    def act(number: int) -> None:
        for turn in range(5):
            with city.write() as connection:
                record(connection, Act(f"user:{number}", "site.changed", "main", {"turn": turn}), NOW)

    at_once(act)
    with city.read() as connection:
        assert list(breaks(connection)) == []


def test_a_request_that_is_sent_twice_at_once_is_done_once(city: Database) -> None:
    done = []

    def ask(number: int) -> replays.Answer:
        with city.write() as connection:
            known = replays.find(connection, "user-anna", "key-1")
            if known is not None:
                return known
            done.append(number)
            answer = replays.Answer(200, {"number": number}, "print")
            replays.keep(connection, "user-anna", "key-1", answer, NOW)
            return answer

    answers = at_once(ask)
    assert len(done) == 1
    assert answers == [replays.Answer(200, {"number": done[0]}, "print")] * CROWD


def test_ranges_of_one_viewing_are_one_row(city: Database) -> None:
    with city.write() as connection:
        take(connection, told(1))
    view = {"event_id": event_id(1), "name": "clip", "sha256": "0" * 64, "user_id": "user-anna", "reason": "复核"}

    def see(number: int) -> None:
        with city.write() as connection:
            register.note(connection, {"id": f"view-{number}", **view}, NOW)
            time.sleep(0.02)  # the others come while it is not committed

    at_once(see)
    with city.read() as connection:
        assert connection.scalar(select(func.count()).select_from(viewing_register)) == 1


def test_a_first_login_code_opens_the_door_once(city: Database) -> None:
    with city.write() as connection:
        users.replace_code(connection, "d" * 64, NOW, NOW.replace(hour=23))

    def enter(_: int) -> bool:
        with city.write() as connection:
            return users.use_code(connection, "d" * 64, NOW)

    assert sum(at_once(enter)) == 1


def test_of_two_who_change_a_camera_one_is_told(city: Database) -> None:
    def change(number: int) -> bool:
        with city.write() as connection:
            return cameras.change(connection, "main-1", 1, {"name": str(number)})

    assert sum(at_once(change)) == 1


def test_of_two_first_uploads_one_wins(city: Database) -> None:
    with city.write() as connection:
        take(connection, told(1))

    def upload(number: int) -> bool:
        piece = {"event_id": event_id(1), "name": "clip", "size_bytes": 1, "media_type": "video/mp4", "blurred": False}
        with city.write() as connection:
            return media.add(connection, {**piece, "key": f"k{number}", "sha256": f"{number:064}", "stored_at": NOW})

    assert sum(at_once(upload)) == 1


def test_verdicts_are_numbered_one_after_the_other(city: Database) -> None:
    with city.write() as connection:
        take(connection, told(1))

    def judge(number: int) -> None:
        said = {"verdict": "confirmed", "reason": "", "note": str(number), "user_id": "user-anna"}
        with city.write() as connection:
            events.find(connection, WHOLE, event_id(1), lock=True)
            history = reviews.history(connection, event_id(1))
            reviews.add(connection, event_id(1), len(history) + 1, said, NOW)

    at_once(judge)
    with city.read() as connection:
        assert [row["number"] for row in reviews.history(connection, event_id(1))] == list(range(1, CROWD + 1))


def test_a_reader_sees_one_state(city: Database) -> None:
    count = select(func.count()).select_from(events_table)
    with city.read() as reading:
        before = reading.scalar(count)
        with city.write() as writing:
            take(writing, told(1))
        assert reading.scalar(count) == before
        assert log.head(reading) == before
    with city.read() as reading:
        assert reading.scalar(count) == 1


@pytest.mark.server("postgresql")
def test_a_process_that_hangs_in_a_transaction_loses_it(postgres_url: str) -> None:
    """It holds the head of the log, so everybody waits for it; the server does not wait for ever."""
    hanging = Database(f"{postgres_url}?options=-c%20idle_in_transaction_session_timeout%3D300")
    others = Database(postgres_url, KEYRING)
    with others.write() as connection:
        furnish(connection)
    with pytest.raises(StorageError, match="does not work"), hanging.write() as connection:  # noqa: PT012 - the last line
        take(connection, told(1))
        assert _told_alone(others, 2) == 1
        take(connection, told(3))
    assert numbers(read_log(hanging)) == [1]
    hanging.close()
    others.close()


@pytest.mark.server("postgresql")
def test_a_killed_server_keeps_what_it_confirmed() -> None:
    with running_postgres() as server, closing(Database(server.url, KEYRING)) as database:
        migrate(database)
        with database.write() as connection:
            furnish(connection)
            take(connection, told(1))
        with pytest.raises(StorageError, match="does not work"), database.write() as connection:  # noqa: PT012 - its end
            take(connection, told(2))
            server.kill()
        with pytest.raises(StorageError, match="Connection refused"):
            _told_alone(database, 2)
        server.start()
        assert _told_alone(database, 2) == 2
        assert numbers(read_log(database)) == [1, 2]
