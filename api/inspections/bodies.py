"""The JSON of inspections and of what they admit a site to."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from api.bodies import instant, version_etag
from api.inspections.lists import CheckList, Line, load_lists
from api.inspections.machine import STANDS, admission
from api.store.inspections import inspection_of

Row = Mapping[Any, Any]


def list_body(told: CheckList) -> dict[str, Any]:
    """Return a list with its lines."""
    lines = [_line(line) for line in load_lists().lines_of(told.name)]
    return {**_named(told), "sites": list(told.sites), "lines": lines, "edition": load_lists().edition}


def _named(told: CheckList) -> dict[str, Any]:
    days = {name: span.days if span else None for name, span in (("valid", told.valid), ("correct", told.correct))}
    source = {"text": told.source, "grade": told.grade}
    return {
        "id": told.name,
        "name": told.words,
        "gates": told.gates,
        "valid_days": days["valid"],
        "correct_days": days["correct"],
        "source": source,
    }


def _line(line: Line) -> dict[str, Any]:
    source = {"text": line.source, "grade": line.grade}
    return {"id": line.id, "key": line.key, "says": line.words, "source": source}


def inspection_body(row: Row) -> dict[str, Any]:
    """Return an inspection with its lines and what is still open."""
    inspection = inspection_of(row, load_lists())
    return {
        **{name: row[name] for name in ("id", "state", "outcome", "edition", "note", "site_name", "time_zone")},
        "site": row["site_id"],
        "list": _named(inspection.list),
        "opened_at": instant(row["opened_at"]),
        "opened_by": row["opener"],
        "ended_at": instant(row["ended_at"]),
        "ended_by": row["ender"],
        "valid_until": instant(row["valid_until"]),
        "lines": [{**_line(line), "answer": row["answers"].get(line.id)} for line in inspection.lines],
        "gaps": list(inspection.gaps) if inspection.state == "open" else [],
        "version": row["version"],
        "etag": version_etag(row),
    }


def supply_body(rows: Iterable[Row], now: datetime) -> dict[str, Any]:
    """Return whether a site may supply, list by list; null where it was never put on a gating list."""
    told = [_admission(row, now) for row in rows]
    may = all(each["state"] in STANDS for each in told) if told else None
    return {"may_supply": may, "admissions": told}


def _admission(row: Row, now: datetime) -> dict[str, Any]:
    known = load_lists().lists.get(row["list"])
    return {
        "list": row["list"],
        "name": known.words if known else {"zh": row["list"], "en": row["list"]},
        "state": admission(row["outcome"], row["valid_until"], now),
        "inspection": row["inspection_id"],
        "since": instant(row["since"]),
        "valid_until": instant(row["valid_until"]),
    }
