"""The rows of a whole city for `city.py`: regions, sites and cameras as a workbook, events and cases in bulk."""

import json
import random
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from openpyxl import Workbook

DISTRICTS, STATIONS = 40, 5
CASES_PER_EVENT = 0.05
NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
KINDS = ("no_hat", "no_mask", "no_uniform", "smoking", "bin_open", "phone_use", "rodent", "camera_offline")
TIERS = {"rodent": "I", "smoking": "II", "bin_open": "II", "no_mask": "II", "camera_offline": "II"}
STATUS = ("pending_review", "confirmed", "confirmed", "dismissed", "unsure")
TYPES = ("restaurant", "canteen", "school_canteen", "central_kitchen", "takeaway")
_PAD = json.dumps([{"pts_s": 2.0 * n, "log_odds": 1.25, "total": 1.25 * n} for n in range(8)])


@dataclass(frozen=True)
class City:
    """How large it is."""

    sites: int
    cameras: int
    events: int

    def site(self, number: int) -> str:
        """Return an id."""
        return f"s{number % self.sites:06d}"

    def station(self, number: int) -> str:
        """Return the id of the region that a site is in."""
        place = number % (DISTRICTS * STATIONS)
        return f"st{place // STATIONS:02d}-{place % STATIONS}"


def write_workbook(city: City, path: Path) -> None:
    """Write the whole city as one workbook."""
    book = Workbook(write_only=True)
    regions = book.create_sheet("regions")
    regions.append(["id", "name", "parent", "level"])
    regions.append(["city", "市", "root", "city"])
    for district in range(DISTRICTS):
        regions.append([f"d{district:02d}", f"第{district}区", "city", "district"])
        for station in range(STATIONS):
            regions.append([f"st{district:02d}-{station}", f"第{district}-{station}所", f"d{district:02d}", "station"])
    sites = book.create_sheet("sites")
    sites.append(["id", "name", "type", "region", "licence", "licence_expires_on", "contacts", "area_m2", "diners"])
    for number in range(city.sites):
        people = f"principal:张{number}:138{number:08d}; officer:李{number}:139{number:08d}"
        expires = (NOW + timedelta(days=number % 1500)).date()
        what = [TYPES[number % len(TYPES)], city.station(number), f"JY{number:012d}", expires, people]
        sites.append([city.site(number), f"{number:05d} 号餐饮店", *what, number % 2000, number % 900])
    cameras = book.create_sheet("cameras")
    cameras.append(["id", "site", "name", "source", "zones", "enabled"])
    for number in range(city.cameras):
        source = f"rtsp://viewer:secret{number}@10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}/stream"
        zones = "灶:cooking; 板:special_room:0.1,0.1 0.5,0.1 0.5,0.6 0.1,0.6"
        cameras.append([f"c{number:06d}", city.site(number), f"{number} 号机", source, zones, "true"])
    book.save(path)


def event_rows(city: City) -> Iterator[tuple[Any, ...]]:
    """Yield the events of a year, in the order of `EVENT_COLUMNS`."""
    dice = random.Random(7)  # noqa: S311 - rows for a benchmark
    for number in range(city.events):
        camera = dice.randrange(city.cameras)
        kind = dice.choice(KINDS)
        tier = TIERS.get(kind, "III")
        at = NOW - timedelta(seconds=dice.randrange(365 * 86400))
        status = STATUS[number % 5] if (NOW - at).days < 14 else dice.choice(STATUS[1:])
        data = (
            f'{{"zone": {{"name": "灶", "type": "cooking"}}, "kind": "{kind}", "tier": "{tier}", "clause": [],'
            f' "binding": "mandatory", "probability": 0.97, "box": [10.0, 20.0, 110.0, 220.0],'
            f' "frame_wh": [1920, 1080], "model": "detector@2026.11.24+wear@2026.11.24",'
            f' "site": "{city.site(camera)}", "looks": {_PAD}}}'
        )
        home = city.station(camera % city.sites)
        place = (_uuid(number, 7), city.site(camera), f"c{camera:06d}", home, "cooking", kind, tier, len(tier))
        yield (*place, "closed", status, at, at + timedelta(seconds=30), data, 1, 1, at, at)


def _uuid(number: int, space: int) -> str:
    """Return an id whose order has nothing to do with the number's, as true ones have it."""
    mixed = f"{(number * 2654435761) % (1 << 32):08x}"
    return f"{mixed}-{number >> 16 & 0xFFFF:04x}-5{number & 0xFFF:03x}-8{space:03x}-{number:012x}"


EVENT_COLUMNS = (
    *("id", "site_id", "camera_id", "region_id", "zone_type", "kind", "tier", "tier_rank", "phase", "status"),
    *("started_at", "ended_at", "data", "version", "reviews", "stored_at", "updated_at"),
)
CASE_COLUMNS = (
    *("id", "site_id", "event_id", "kind", "tier", "day", "year_before", "stage", "appeal", "card", "turn"),
    *("confirmed_by", "policy", "terms", "order_texts", "steps", "version", "began_at", "updated_at", "due_at"),
    "wakes_at",
)
STEP_COLUMNS = ("case_id", "number", "action", "user_id", "role", "at", "stored_at", "reason", "proof", "until")


def case_rows(city: City) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    """Yield cases of the confirmed events, one for each site, kind and day, each with its order."""
    dice = random.Random(8)  # noqa: S311 - rows for a benchmark
    seen = set[tuple[Any, ...]]()
    never = datetime(9000, 1, 1, tzinfo=UTC)
    for row in event_rows(city):
        event, site, kind, tier, status, at = row[0], row[1], row[5], row[6], row[9], row[10]
        ground = (site, kind, at.date())
        if status != "confirmed" or dice.random() > CASES_PER_EVENT * 2 or ground in seen:
            continue
        seen.add(ground)
        case, is_open = f"8{event[1:]}", (NOW - at).days < 20 and dice.random() < 0.7
        stage, turn = (dice.choice(("ordered", "planned", "rectified")), "kitchen") if is_open else ("closed", "none")
        due = at + timedelta(days=dice.randrange(1, 20)) if is_open else never
        card = "yellow" if dice.random() < 0.1 else "none"
        told = (case, site, event, kind, tier, at.date(), at.date() - timedelta(days=365), stage, "none", card, turn)
        yield (
            (*told, "admin", "2026-11-24", "{}", "{}", 1, 1, at, at, due, never),
            (case, 1, "order", "admin", "supervisor", at, at, "", "[]", None),
        )


def into_sqlite(url: str, table: str, columns: tuple[str, ...], rows: Iterator[tuple[Any, ...]]) -> None:
    """Insert rows as fast as SQLite takes them."""
    plain = sqlite3.connect(url.removeprefix("sqlite:///"))
    query = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608 - ours
    plain.executemany(query, ([_plain(value) for value in row] for row in rows))
    plain.commit()
    plain.close()


def _plain(value: Any) -> Any:
    """Return a value as SQLAlchemy would write it."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).strftime("%Y-%m-%d %H:%M:%S.%f")
    return value.isoformat() if hasattr(value, "isoformat") else value


def into_postgres(url: str, table: str, columns: tuple[str, ...], rows: Iterator[tuple[Any, ...]]) -> None:
    """Copy rows as fast as PostgreSQL takes them."""
    import psycopg  # noqa: PLC0415 - SQLite is measured without it

    query = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
    with psycopg.connect(url.replace("+psycopg", "")) as plain, plain.cursor().copy(query) as copy:
        for row in rows:
            copy.write_row(row)
