"""The JSON of papers, batches, scans and traces."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from api.bodies import instant
from api.coldchain.machine import Trace, amount_text
from api.coldchain.papers import NAMES, Kind, Paper, lacking, state_of
from api.store.coldchain import amount_of

Row = Mapping[Any, Any]
REASONS = {
    "uncoded": {"zh": "无码不得销售：没有这个追溯码", "en": "No code, no sale: there is no such code"},
    "recalled": {"zh": "该批次已召回，请就地封存", "en": "This batch was recalled; keep it where it is"},
    "expired": {"zh": "该批次已过期", "en": "This batch has expired"},
    "papers": {"zh": "四证不全或已过期", "en": "One of the four papers is missing or has expired"},
    "amount": {"zh": "数量超过库存", "en": "More than is here"},
}


def document_body(row: Row, today: date) -> dict[str, Any]:
    """Return a paper with how it stands on a day of its site."""
    return {
        **{name: row[name] for name in ("id", "kind", "number", "holder", "photos")},
        "name": NAMES[Kind(row["kind"])],
        "site": row["site_id"],
        "batch": row["batch_code"],
        "issued_on": row["issued_on"] and row["issued_on"].isoformat(),
        "expires_on": row["expires_on"] and row["expires_on"].isoformat(),
        "days_left": row["expires_on"] and (row["expires_on"] - today).days,
        "state": state_of(row["expires_on"], today),
        "added_at": instant(row["added_at"]),
    }


def batch_body(row: Row, papers: Iterable[Row], today: date) -> dict[str, Any]:
    """Return a batch with its papers and whether it may be sold."""
    told = list(papers)
    missing = lacking([Paper(Kind(each["kind"]), each["expires_on"]) for each in told], today)
    return {
        **{name: row[name] for name in ("code", "product", "origin", "producer", "unit", "recall_reason")},
        "made_on": row["made_on"].isoformat(),
        "expires_on": row["expires_on"].isoformat(),
        "coded_at": instant(row["coded_at"]),
        "recalled_at": instant(row["recalled_at"]),
        "papers": [document_body(each, today) for each in told],
        "lacks": [{"kind": str(kind), "name": NAMES[kind]} for kind in missing],
        "sellable": row["recalled_at"] is None and not missing and today <= row["expires_on"],
        "label": f"/v1/batches/{row['code']}/label",
    }


def scan_body(row: Row) -> dict[str, Any]:
    """Return one scan."""
    return {
        **{name: row[name] for name in ("code", "direction", "site_name")},
        "site": row["site_id"],
        "amount": amount_text(amount_of(row["thousandths"])),
        "at": instant(row["at"]),
        "refused": row["refused"],
        "says": REASONS.get(row["refused"]),
    }


def trace_body(row: Row, places: Iterable[Row], now: datetime) -> dict[str, Any]:
    """Return a question where a batch has gone, its clock, and every place that is known."""
    trace = Trace(row["asked_at"], row["answered_at"])
    left = trace.left(now)
    return {
        **{name: row[name] for name in ("id", "code", "reason", "answer")},
        "asked_at": instant(row["asked_at"]),
        "asked_by": row["asker"],
        "due_at": instant(trace.due_at),
        "left_s": left and left.total_seconds(),
        "overdue": trace.is_overdue(now),
        "answered_at": instant(row["answered_at"]),
        "places": list(places),
    }
