import logging
import threading

import pytest

from vision.crew import Crew, survive
from vision.errors import StorageError


def fail(error: Exception) -> None:
    raise error


def test_a_step_that_fails_is_handed_to_whoever_must_count_it() -> None:
    assert survive(lambda: 1, lambda _: 2) == 1
    error = ZeroDivisionError("x")
    assert survive(lambda: fail(error), lambda caught: caught) is error  # type: ignore[arg-type, return-value]


def test_a_signal_to_leave_is_never_survived() -> None:
    def leave() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        survive(leave, lambda _: None)


def test_a_thread_that_breaks_ends_the_crew_and_is_remembered(caplog: pytest.LogCaptureFixture) -> None:
    crew = Crew()
    crew.start("waiting", lambda: fail(AssertionError) if not crew.stop.wait(30) else None)
    crew.start("breaking", lambda: fail(StorageError("the disk is gone")))
    assert crew.join(30)
    assert str(crew.failure) == "the disk is gone"
    assert "thread=breaking event=broke error=StorageError: the disk is gone" in caplog.text


def test_what_nobody_foresaw_is_logged_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    crew = Crew()
    crew.start("breaking", lambda: fail(ZeroDivisionError("no")))
    crew.join(30)
    assert isinstance(crew.failure, ZeroDivisionError)
    assert caplog.records[0].exc_info


def test_nobody_waits_for_a_thread_that_hangs() -> None:
    crew, hung = Crew(), threading.Event()
    crew.start("hung", lambda: fail(AssertionError()) if not hung.wait(30) else None)
    crew.start("quick", lambda: None)
    assert not crew.join(0.01)
    hung.set()
    assert crew.join(30)
