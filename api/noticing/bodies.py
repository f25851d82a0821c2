"""The JSON of notices, their copies, and the pages that they come in."""

from collections.abc import Mapping, Sequence
from typing import Any

from api.bodies import instant
from api.cursors import instant as cursor_instant
from api.cursors import pack, unpack
from api.store.notices import NoticePage

Row = Mapping[Any, Any]


def page_of(limit: int, cursor: str) -> NoticePage:
    """Return the part of a list that the repository shall read."""
    if not cursor:
        return NoticePage(limit)
    at, notice_id = unpack(cursor, (str, str))
    return NoticePage(limit, (cursor_instant(at), str(notice_id)))


def cursor_of(rows: Sequence[Row], limit: int) -> str | None:
    """Return the cursor of the next page; None at the end."""
    return pack(rows[limit - 1]["sent_at"].isoformat(), rows[limit - 1]["id"]) if len(rows) > limit else None


def notice_body(row: Row) -> dict[str, Any]:
    """Return what a notice says."""
    plain = {name: row[name] for name in ("id", "kind", "texts", "sender")}
    return {**plain, "case": row["case_id"], "sent_at": instant(row["sent_at"])}


def received_body(row: Row) -> dict[str, Any]:
    """Return a notice as it came to somebody."""
    return {
        **notice_body(row),
        "read_at": instant(row["read_at"]),
        "read_by": row["reader"],
        "urged": row["urged"],
        "urged_at": instant(row["urged_at"]) if row["urged"] else None,
    }


def sent_body(row: Row) -> dict[str, Any]:
    """Return a notice as its sender sees it."""
    counts = {name: row[name] for name in ("copies", "read", "target")}
    return {**notice_body(row), "region": row["region_id"], "urged_at": instant(row["urged_at"]), **counts}


def receipt_body(row: Row) -> dict[str, Any]:
    """Return who one copy went to and who has read it."""
    return {
        "site": row["site_id"],
        "site_name": row["site_name"],
        "user": row["user_name"],
        "read_at": instant(row["read_at"]),
        "read_by": row["reader"],
        "urged": row["urged"],
    }
