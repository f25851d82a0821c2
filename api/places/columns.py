"""How regions, sites and cameras are rows of a table: every column, its Chinese heading, and both directions."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from pydantic import BaseModel

from api.fields import Slug
from api.places.facts import CameraFacts, NewRegion, NewSite
from vision.errors import InvalidInputError

TableName = Literal["regions", "sites", "cameras"]
TABLES: tuple[TableName, ...] = get_args(TableName)
"""In the order in which they refer to each other."""
Facts = dict[str, Any]
_REFERENCES = frozenset({"region", "site", "parent"})
_TRUE, _FALSE = frozenset({"true", "yes", "1", "是"}), frozenset({"false", "no", "0", "否"})


class CameraRow(CameraFacts):
    """A camera as a row tells it; without an address its events come from somebody else's box."""

    id: Slug
    site: Slug


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `read` turns the text of a cell into what the body takes, `write` a stored value into text."""

    name: str
    zh: str
    read: Callable[[str], Any] = str
    write: Callable[[Any], str] = lambda value: "" if value is None else str(value)
    within: str = ""
    """The field of the body that it is a part of; empty = the field of the same name."""

    @property
    def stored(self) -> str:
        """Return the database's column that it belongs to."""
        return {"region": "region_id", "site": "site_id", "parent": "parent_id"}.get(
            self.name, self.within or self.name
        )


def _truth(text: str) -> bool | str:
    """Return yes or no; other text is left to the body, which says what is allowed."""
    return True if text.lower() in _TRUE else False if text.lower() in _FALSE else text


def _parted(text: str) -> list[str]:
    return [part.strip() for part in text.replace("；", ";").split(";") if part.strip()]


def _json(field: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidInputError(field, text[:80], "JSON as the API takes it") from None


def _weekdays(text: str) -> list[str]:
    """Read '1-5' or '1,3,7'."""
    first, dash, last = text.partition("-")
    if dash and first.strip().isdecimal() and last.strip().isdecimal() and int(last) - int(first) < 7:
        return [str(day) for day in range(int(first), int(last) + 1)]
    return [part.strip() for part in text.replace("，", ",").split(",")]


def _contacts(text: str) -> Any:
    if text.startswith("["):
        return _json("contacts", text)
    return [_contact(part) for part in _parted(text)]


def _contact(part: str) -> Facts:
    role, name, phone = [*(each.strip() for each in part.replace("：", ":").split(":")), "", ""][:3]
    if not phone or part.replace("：", ":").count(":") != 2:
        raise InvalidInputError("contacts", "***", "role:name:number; role:name:number")
    return {"role": role, "name": name, "phone": phone}


def _told_contacts(value: Sequence[Mapping[str, str]] | None) -> str:
    parts = [[each["role"], each["name"], each["phone"]] for each in value or ()]
    if any(set(":;：；") & set(cell) for part in parts for cell in part):
        return json.dumps(list(value or ()), ensure_ascii=False)
    return "; ".join(":".join(part) for part in parts)


def _zones(text: str) -> Any:
    if text.startswith("["):
        return _json("zones", text)
    return [_zone(part) for part in _parted(text)]


def _zone(part: str) -> Facts:
    name, _, rest = part.partition(":")
    kind, _, corners = rest.partition(":")
    try:
        polygon = [[float(share) for share in corner.split(",")] for corner in corners.split()]
    except ValueError:
        raise InvalidInputError(
            "zones", part[:80], "name:type, or name:type:x,y x,y x,y with shares from 0 to 1"
        ) from None
    return {"name": name.strip(), "type": kind.strip(), "polygon": polygon}


def _told_zones(value: Sequence[Mapping[str, Any]] | None) -> str:
    zones = value or ()
    if any(set(":;：；[") & set(zone.get("name", "")) for zone in zones):
        return json.dumps(list(zones), ensure_ascii=False)
    return "; ".join(_told_zone(zone) for zone in zones)


def _told_zone(zone: Mapping[str, Any]) -> str:
    corners = " ".join(f"{x:g},{y:g}" for x, y in zone.get("polygon") or ())
    plain = f"{zone.get('name', 'main')}:{zone['type']}"
    return f"{plain}:{corners}" if corners else plain


def _of(part: str, default: str) -> Callable[[Any], str]:
    return lambda value: str((value or {}).get(part, default))


def _told_weekdays(value: Mapping[str, Any] | None) -> str:
    return ",".join(map(str, (value or {}).get("weekdays", (1, 2, 3, 4, 5, 6, 7))))


def _told_truth(value: object) -> str:
    return "true" if value else "false"


def _told_sampling(value: Mapping[str, Any] | None) -> str:
    return json.dumps(value, ensure_ascii=False) if value else ""


COLUMNS: Mapping[TableName, tuple[Column, ...]] = {
    "regions": (Column("id", "编号"), Column("name", "名称"), Column("parent", "上级"), Column("level", "级别")),
    "sites": (
        Column("id", "编号"),
        Column("name", "名称"),
        Column("type", "业态"),
        Column("region", "区域"),
        Column("address", "地址"),
        Column("latitude", "纬度"),
        Column("longitude", "经度"),
        Column("licence", "许可证号"),
        Column("licence_expires_on", "许可证有效期"),
        Column("contacts", "联系人", _contacts, _told_contacts),
        Column("time_zone", "时区"),
        Column("jurisdiction", "法域"),
        Column("opens", "营业开始", write=_of("opens", "00:00"), within="hours"),
        Column("closes", "营业结束", write=_of("closes", "24:00"), within="hours"),
        Column("weekdays", "营业日", _weekdays, _told_weekdays, within="hours"),
        Column("holidays", "休息日", _parted, lambda value: ";".join(value or ())),
        Column("area_m2", "面积"),
        Column("diners", "用餐人数"),
        Column("grade", "风险等级"),
        Column("graded_on", "评级日期"),
        Column("published", "公示", _truth, _told_truth),
    ),
    "cameras": (
        Column("id", "编号"),
        Column("site", "单位编号"),
        Column("name", "名称"),
        Column("source", "视频地址"),
        Column("zones", "区域划分", _zones, _told_zones),
        Column("interval_s", "采样间隔"),
        Column("pre_roll_s", "前录秒数"),
        Column("post_roll_s", "后录秒数"),
        Column("attended", "须有人值守", _truth, _told_truth),
        Column("enabled", "启用", _truth, _told_truth),
        Column("worker", "分析节点"),
        Column("sampling", "采样设置", lambda text: _json("sampling", text), _told_sampling),
    ),
}
BODIES: Mapping[TableName, type[BaseModel]] = {"regions": NewRegion, "sites": NewSite, "cameras": CameraRow}
REQUIRED: Mapping[TableName, tuple[str, ...]] = {
    "regions": ("id", "name"),
    "sites": ("id", "name"),
    "cameras": ("id", "site"),
}


def named(table: TableName) -> dict[str, Column]:
    """Return every column of a table by each of the headings that it may have."""
    return {heading: column for column in COLUMNS[table] for heading in (column.name, column.zh)}


def facts_of(columns: Sequence[Column | None], cells: Sequence[str]) -> Facts:
    """Return what a row says, as the body takes it; an empty cell says nothing.

    Raises:
        InvalidInputError: a cell with a form of its own cannot be read.
    """
    facts: Facts = {}
    for column, cell in zip(columns, cells, strict=False):
        if column is None or not cell:
            continue
        place = facts.setdefault(column.within, {}) if column.within else facts
        place[column.name] = column.read(cell)
    return facts
