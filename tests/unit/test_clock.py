from datetime import UTC, datetime, timedelta

from vision.clock import SimulatedClock, SystemClock

START = datetime(2026, 11, 24, tzinfo=UTC)


def test_simulated_time_moves_only_when_somebody_sleeps() -> None:
    clock = SimulatedClock(START)
    assert clock.now() == clock.now() == START
    clock.sleep(1.5)
    clock.sleep(-3)
    assert clock.now() == START + timedelta(seconds=1.5)


def test_the_system_clock_is_aware_utc() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)
