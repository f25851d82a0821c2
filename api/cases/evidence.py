"""What still stands between a case and a penalty: nothing here is evidence for one before all of it is there.

Administrative Penalty Law of China, article 41: recordings of devices count only after legal and technical review of
the device, with signs and published places, and after a person has reviewed them; the party may state and defend.
"""

from datetime import datetime
from typing import Literal

from api.cases.machine import Case, Stage

Gap = Literal["standing_case", "appeal_window_over", "verified_clause", "device_review"]


def gaps(case: Case, at: datetime, *, clauses_verified: bool, devices_reviewed: bool) -> tuple[Gap, ...]:
    """Return what is missing; see docs/decisions/0008.

    `devices_reviewed` says that every camera of the case had passed its review before it recorded.
    """
    windows = [clock.due_at for clock in case.clocks if clock.name == "appeal"]
    passed = bool(windows) and at >= max(windows)  # also where the case was closed before
    heard = case.appeal == "rejected" or (passed and case.appeal != "filed")
    checks: dict[Gap, bool] = {
        "standing_case": case.stage is not Stage.WITHDRAWN,
        "appeal_window_over": heard,
        "verified_clause": clauses_verified,
        "device_review": devices_reviewed,
    }
    return tuple(gap for gap, closed in checks.items() if not closed)
