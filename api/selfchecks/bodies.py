"""The JSON of rounds, and the same as records: tables for a spreadsheet, blocks for a paper."""

import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from openpyxl import Workbook

from api.bodies import instant, version_etag
from api.papers.blocks import Block, Facts, Grid, Heading, Paper
from api.selfchecks.lists import Line, load_lists
from api.store.selfchecks import check_of

Row = Mapping[Any, Any]
Language = Literal["zh", "en"]
RESULTS = {
    "ok": {"zh": "符合", "en": "in order"},
    "not_ok": {"zh": "不符合", "en": "not in order"},
    "not_applicable": {"zh": "不适用", "en": "not applicable"},
    "": {"zh": "未填写", "en": "not filled in"},
}
_HEADS = {
    "zh": ("场所", "类别", "起始日", "项目", "结果", "说明", "摄像头发现", "五定照片", "签字人", "签字时间", "逾期"),
    "en": ("site", "round", "from", "line", "result", "note", "found by cameras", "photos", "signed by", "at", "late"),
}
_NOTHING = {"zh": "未发现", "en": "no finding"}
_STATES = {
    "open": {"zh": "待签字", "en": "open"},
    "signed": {"zh": "已签字", "en": "signed"},
    "missed": {"zh": "缺失", "en": "missed"},
}
_FORMULA = ("=", "+", "-", "@")
"""A spreadsheet would calculate what begins like this."""


def check_body(row: Row, seen: Mapping[str, int]) -> dict[str, Any]:
    """Return a round with its lines, what the cameras saw beside each, and what is still open."""
    check = check_of(row, load_lists())
    return {
        **{name: row[name] for name in ("id", "round", "state", "edition", "site_name", "time_zone", "version")},
        "site": row["site_id"],
        "name": check.round.words,
        "post": check.round.post,
        "starts_on": row["starts_on"].isoformat(),
        "ends_on": row["ends_on"].isoformat(),
        "begins_at": instant(row["begins_at"]),
        "ends_at": instant(row["ends_at"]),
        "closes_at": instant(check.closes_at),
        "reminded_at": instant(row["reminded_at"]),
        "signed_at": instant(row["signed_at"]),
        "signed_by": row["signer"],
        "signed_late": row["signed_late"],
        "lines": [_line(line, row, seen) for line in check.lines],
        "gaps": list(check.gaps),
        "source": {"text": check.round.source, "grade": check.round.grade},
        "etag": version_etag(row),
    }


def _line(line: Line, row: Row, seen: Mapping[str, int]) -> dict[str, Any]:
    return {
        "id": line.id,
        "says": line.words,
        "photo": line.photo,
        "source": {"text": line.source, "grade": line.grade},
        "answer": row["answers"].get(line.id),
        "seen": _seen(line, seen),
    }


def _seen(line: Line, seen: Mapping[str, int]) -> dict[str, int] | None:
    """Return what the cameras found of a line, zeros included; None where cameras cannot see it."""
    return {kind: seen.get(kind, 0) for kind in line.kinds} if line.kinds else None


def record_rows(rows: Iterable[tuple[Row, Mapping[str, int]]], language: Language) -> Iterator[tuple[str, ...]]:
    """Yield one line of the record for each line of each round, its heading first."""
    yield _HEADS[language]
    for row, seen in rows:
        check = check_of(row, load_lists())
        for line in check.lines:
            told = row["answers"].get(line.id) or {"result": "", "note": "", "photos": []}
            found = _found(line, seen, language)
            signer = row["signer"] or _STATES[row["state"]][language]
            yield tuple(
                map(
                    _plain,
                    (
                        row["site_name"],
                        check.round.words[language],
                        row["starts_on"].isoformat(),
                        line.words[language],
                        RESULTS[told["result"]][language],
                        told["note"],
                        found,
                        str(len(told["photos"])),
                        signer,
                        instant(row["signed_at"]) or "",
                        {True: "是 yes", False: ""}[bool(row["signed_late"])],
                    ),
                )
            )


def _found(line: Line, seen: Mapping[str, int], language: Language) -> str:
    if not line.kinds:
        return ""
    told = [f"{kind} {seen[kind]}" for kind in line.kinds if seen.get(kind)]
    return ", ".join(told) or _NOTHING[language]


def _plain(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def record_sheet(rows: Iterable[tuple[Row, Mapping[str, int]]], language: Language) -> bytes:
    """Return the record as XLSX."""
    book, out = Workbook(write_only=True), io.BytesIO()
    page = book.create_sheet("日管控 周排查 月调度" if language == "zh" else "self-checks")
    for row in record_rows(rows, language):
        page.append(list(row))
    book.save(out)
    return out.getvalue()


def record_paper(rows: Iterable[tuple[Row, Mapping[str, int]]], language: Language) -> Paper:
    """Return the record as a paper: one part for each round."""
    title = {"zh": "食品安全自查记录", "en": "Record of food-safety self-checks"}[language]
    blocks: list[Block] = []
    for row, seen in rows:
        head, *lines = record_rows([(row, seen)], language)
        words = check_of(row, load_lists()).round.words[language]
        blocks.append(Heading(f"{words} {row['starts_on'].isoformat()} {row['site_name']}"))
        told = (
            (head[8], row["signer"] or _STATES[row["state"]][language]),
            (head[9], instant(row["signed_at"]) or "-"),
        )
        blocks.append(Facts(told))
        blocks.append(Grid(head[3:8], tuple(tuple(line[3:8]) for line in lines), (5, 2, 3, 3, 1)))
    return Paper(title, tuple(blocks), title)
