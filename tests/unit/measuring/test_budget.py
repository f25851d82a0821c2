import numpy as np
import pytest

from vision.catalogue import Thresholds
from vision.measuring.budget import Witness, curve, within

THRESHOLDS = Thresholds(open_at=5.0, close_at=1.0, leak_s=20.0, rearm_s=30.0, dwell_s=0.0)


def heads(state: str, *nats: float) -> Witness:
    return Witness(state, np.array(nats, np.float32))


def test_more_evidence_asked_for_never_opens_more() -> None:
    told = [
        heads("worn", -3, -2, 1.2),
        heads("worn", 2, 3, 2),
        heads("missing", 3, 4, np.nan),
        heads("missing", 1, 0.5),
    ]
    rows = curve(told, THRESHOLDS)
    for key in ("false_alarms", "detections"):
        shares = [row[key] for row in rows]
        assert shares == sorted(shares, reverse=True)
    assert rows[0]["detections"] > 0


def test_a_head_of_which_nothing_is_known_never_opens() -> None:
    assert all(
        row["detections"] == 0 for row in curve([heads("missing", np.nan, np.nan), heads("worn", -1)], THRESHOLDS)
    )


@pytest.mark.parametrize(("budget", "wanted"), [(0.5, 3.0), (0.05, 5.0), (0.0, None)])
def test_the_least_that_keeps_the_budget_is_chosen(budget: float, wanted: float | None) -> None:
    rows = [{"open_at": at, "false_alarms": share} for at, share in ((2.0, 0.6), (3.0, 0.3), (5.0, 0.04))]
    assert within(rows, budget) == wanted
