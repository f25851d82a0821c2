"""The first page of a package for people who open no JSON: what happened, what is enclosed, and how to check it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from api.cases.orders import on_the_wall
from api.casework.bodies import story
from api.casework.ordering import kind_names
from api.papers.blocks import Block, Facts, Grid, Heading, Paper, Words

Row = Mapping[Any, Any]
NO_PENALTY = (
    "本材料中的视频资料须经法制和技术审核，方可作为行政处罚的证据（《行政处罚法》第四十一条）。 "
    "Recordings are evidence for a penalty only after legal and technical review (Administrative Penalty Law, art. 41)."
)
HOW = (
    "核验：mingchu evidence verify 文件.zip --fingerprint 公布的指纹。 "
    "To check this package: mingchu evidence verify FILE.zip --fingerprint AS-PUBLISHED"
)


def summary(case: Row, members: Sequence[Row], steps: Sequence[Row], files: Sequence[str], fingerprint: str) -> Paper:
    """Return the summary of a case in both languages."""
    zone, names = case["site_time_zone"], kind_names(case["kind"])
    facts = (
        ("案件 Case", case["id"]),
        ("单位 Site", f"{case['site_name']}（{case['site_id']}）"),
        ("情形 Kind", f"{names['zh']} {names['en']}"),
        ("等级 Tier", case["tier"]),
        ("日期 Day", case["day"].isoformat()),
        ("状态 Stage", f"{case['stage']} · {case['card']} · appeal {case['appeal']}"),
        ("签名密钥 Key", fingerprint),
    )
    blocks: tuple[Block, ...] = (
        Facts(facts),
        Words(NO_PENALTY, "small"),
        Heading("经过 What happened"),
        Grid(("时间 When", "事项 What", "人员 Who", "说明 Reason"), _story(members, steps, zone), (3, 2, 2, 4)),
        Heading("附件 Enclosed"),
        Words("\n".join(files), "small"),
        Words(HOW, "small"),
    )
    return Paper("证据材料 · Evidence package", blocks, f"Mingchu · {case['id']}")


def _story(members: Sequence[Row], steps: Sequence[Row], zone: str) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (
            _when(entry["at"], zone),
            str(entry["what"]),
            str(entry["by"] or entry["role"]),
            str(entry.get("reason") or entry.get("event") or ""),
        )
        for entry in story(members, steps)
    )


def _when(at: str, zone: str) -> str:
    return on_the_wall(datetime.fromisoformat(at), zone)
