"""Claim: the console is usable within 1.5 s on a 4x slowed processor, and stays quick with 10,000 events and 64 tiles.

A real API over loopback, Chromium, nothing cached. The budgets of issue 7:

- `first_usable_ms`: from the request to the first event painted in the review room, processor slowed four times (CDP);
  the page itself looks at the clock, since a question of Playwright's would cost it a tenth of a second;
- `script_gzip_kb`: all scripts that the review room loads, as gzip sends them;
- `interaction_p95_ms`: from a key to the next paint (Event Timing) while J and K walk through 10,000 loaded events;
- `wall_core_share`: processor time of all of the browser's processes per second, while its one tab shows 64 cameras,
  each with a new picture every 2 s;
- `wall_growth_share`: how much larger the tab's script heap is after many rounds of new pictures than it was early on,
  rubbish collected; the page's clock is turned two seconds for each round, so that twenty minutes pass in a few.

Each part writes its figures into the results, and may be measured alone, on a machine that does nothing else.

    python benchmarks/console.py [--part usable|queue|wall|growth] [--events N] [--wall-s S] [--rounds N] [--out FILE]
"""

import argparse
import base64
import gzip
import json
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from threading import Event, Thread
from typing import Any

import httpx
from machine import described
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright
from sqlalchemy import select

sys.path.insert(0, str(Path(__file__).parent.parent))

from api.opening import open_database
from api.settings import Settings
from api.store.schema import events
from tests.e2e.console_fixtures import Case, jpeg, picture
from tests.e2e.test_console import ARGUMENTS, CHROMIUM
from tests.e2e.town import CAMERAS, PASSWORD, Town, found_town

LIMITS = {
    "first_usable_ms": 1500,
    "script_gzip_kb": 350,
    "interaction_p95_ms": 100,
    "wall_core_share": 0.25,
    "wall_growth_share": 0.1,
}
SLOWED, VISITS, KEYS = 4, 5, 120
UNSEEN_MS = 16.0
"""Chromium does not tell of interactions that are seen sooner than this."""
WALL = [f"more-{number:02}" for number in range(64 - len(CAMERAS))]
USABLE = """(() => { const { port1, port2 } = new MessageChannel(), now = () => window.usableAt = performance.now();
  const watcher = new MutationObserver(() => { if (!document.querySelector('.item[aria-current="true"]')) return;
    watcher.disconnect(); port1.onmessage = now; requestAnimationFrame(() => port2.postMessage(0)); });
  watcher.observe(document, { subtree: true, childList: true }); })()"""
"""The first task after the picture with the chosen event in it."""
SOON_MS = 4000
MORE = """async wanted => { const count = each => Number(each.dataset.rows), parts = '[data-rows]'; let before = -1;
  const rows = () => [...document.querySelectorAll(parts)].reduce((sum, each) => sum + count(each), 0);
  for (;;) { const more = document.querySelector('.queue-more');
    if (rows() >= wanted || !more) return rows();
    if (!more.disabled && rows() !== before) { before = rows(); more.click(); }
    await new Promise(done => setTimeout(done, 20)); } }"""
LISTEN = """() => { window.waits = []; new PerformanceObserver(list => window.waits.push(...list.getEntries()
  .filter(each => each.name === 'keydown').map(each => each.duration)))
  .observe({ type: 'event', durationThreshold: 16 }); }"""


@dataclass(frozen=True)
class Bench:
    """What a part needs."""

    browser: Browser
    town: Town
    asked: argparse.Namespace


def usable(bench: Bench) -> dict[str, Any]:
    """Measure how soon the review room can be used, and how much it loads."""
    visits = [first_usable_ms(bench.browser, bench.town) for _ in range(VISITS)]
    return {
        "first_usable_ms": round(median(visits), 1),
        "script_gzip_kb": round(script_gzip_kb(bench.browser, bench.town), 1),
        "all_first_usable_ms": [round(each, 1) for each in visits],
    }


def queue(bench: Bench) -> dict[str, Any]:
    """Measure keys in a long queue."""
    put_events(bench.town.stack.folder, bench.asked.events)
    loaded, waits = interactions(bench.browser, bench.town, bench.asked.events)
    told = {"events_loaded": loaded, "interactions": len(waits), "interaction_median_ms": median(waits)}
    return {"interaction_p95_ms": round(quantiles(waits, n=20)[-1], 1), **told}


def wall(bench: Bench) -> dict[str, Any]:
    """Measure the processor's share of a wall."""
    share = wall_core_share(bench.browser, bench.town, bench.asked.wall_s)
    return {"wall_core_share": round(share, 3), "wall_s": bench.asked.wall_s}


def growth(bench: Bench) -> dict[str, Any]:
    """Measure what a long day adds to a wall."""
    sizes = wall_sizes(bench.browser, bench.town, bench.asked.rounds)
    early, late = sizes[1], sizes[-1]
    share = late["heap_bytes"] / early["heap_bytes"] - 1
    return {"wall_growth_share": round(share, 3), "wall_rounds": bench.asked.rounds, "wall_sizes": sizes}


PARTS: dict[str, Callable[[Bench], dict[str, Any]]] = {"usable": usable, "queue": queue, "wall": wall, "growth": growth}


def main() -> int:
    """Measure, print, write the results; fail where a budget is broken."""
    asked = _arguments()
    told: dict[str, Any] = json.loads(asked.out.read_text(encoding="utf-8")) if asked.out.is_file() else {}
    parts = dict(told.get("parts", {}))
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, _town(Path(folder)) as town, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        for part in asked.part or PARTS:
            parts[part] = PARTS[part](Bench(browser, town, asked)) | {"machine": described(("playwright",))}
            results = put_down(asked.out, parts)
            print(part, json.dumps({name: value for name, value in parts[part].items() if name != "machine"}))
        browser.close()
    print(json.dumps({name: results[name] for name in ("figures", "limits", "holds")}, indent=2))
    return 0 if all(results["holds"].values()) else 1


def put_down(out: Path, parts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Write what is measured so far, so that no part is lost with a later one; return it."""
    figures = {name: part[name] for part in parts.values() for name in LIMITS if name in part}
    results = {
        "claim": __doc__.splitlines()[0].removeprefix("Claim: "),
        "figures": figures,
        "limits": LIMITS,
        "holds": {name: figure <= LIMITS[name] for name, figure in figures.items()},
        "parts": parts,
    }
    out.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    return results


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", action="append", choices=PARTS)
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--wall-s", type=float, default=60.0)
    parser.add_argument("--rounds", type=int, default=600)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "console.json")
    return parser.parse_args()


@contextmanager
def _town(folder: Path) -> Iterator[Town]:
    """Open a town of 64 cameras with a morning's events."""
    town = found_town(folder, cameras=dict.fromkeys(WALL, "school"))
    try:
        mask = Case("no_mask", "II", "kitchen-1")
        for minute in range(20):
            town.event(replace(mask, age_s=60.0 * (minute + 1)))
        yield town
    finally:
        town.close()


@contextmanager
def _visit(browser: Browser, town: Town) -> Iterator[tuple[Page, CDPSession]]:
    """Let a supervisor in with an empty cache."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    told = context.request.post(f"{town.stack.url}/v1/session", data={"name": "li", "password": PASSWORD})
    assert told.ok, told.text()
    page = context.new_page()
    yield page, context.new_cdp_session(page)
    context.close()


def first_usable_ms(browser: Browser, town: Town) -> float:
    """Return the time until the most urgent event has been painted and its keys work."""
    with _visit(browser, town) as (page, tools):
        page.add_init_script(USABLE)
        tools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
        page.goto(f"{town.stack.url}/review", wait_until="commit")
        page.wait_for_timeout(SOON_MS)
        page.wait_for_function("() => window.usableAt")
        return float(page.evaluate("window.usableAt"))


def script_gzip_kb(browser: Browser, town: Town) -> float:
    """Return the size of all scripts of the review room as gzip makes them."""
    with _visit(browser, town) as (page, _):
        page.goto(f"{town.stack.url}/review")
        page.wait_for_selector('.item[aria-current="true"]')
        names = page.evaluate("performance.getEntriesByType('resource').map(e => e.name).filter(n => /\\.js$/.test(n))")
    return sum(len(gzip.compress(httpx.get(name).content)) for name in names) / 1000


def wall_core_share(browser: Browser, town: Town, seconds: float) -> float:
    """Return the processor time of the whole browser per second while 64 cameras send a picture every two seconds."""
    over = Event()
    feeding = Thread(target=_feed, args=(town, over))
    with _visit(browser, town) as (page, _):
        feeding.start()
        try:
            page.goto(f"{town.stack.url}/wall?n=64")
            page.wait_for_function("() => document.querySelectorAll('.tile-picture').length === 64")
            tools = browser.new_browser_cdp_session()
            page.wait_for_timeout(4000)
            before = _busy_s(tools)
            began = time.monotonic()
            page.wait_for_timeout(seconds * 1000)
            return (_busy_s(tools) - before) / (time.monotonic() - began)
        finally:
            over.set()
            feeding.join()


def _busy_s(tools: CDPSession) -> float:
    told = tools.send("SystemInfo.getProcessInfo")["processInfo"]
    return sum(float(each["cpuTime"]) for each in told)


def wall_sizes(browser: Browser, town: Town, rounds: int) -> list[dict[str, float]]:
    """Return what the tab holds after none, a tenth, two tenths … of the rounds."""
    with _visit(browser, town) as (page, tools), _worker(town) as worker:
        page.clock.install()
        page.goto(f"{town.stack.url}/wall?n=64")
        tools.send("Performance.enable")
        sizes = []
        for turn in range(rounds + 1):
            _send(worker, turn)
            page.clock.run_for(2000)
            page.wait_for_timeout(40)
            if turn % (rounds // 10) == 0:
                page.wait_for_timeout(500)
                sizes.append({"round": turn, **_held(tools)})
        assert page.locator(".tile-picture").count() == len((*CAMERAS, *WALL)), "not all tiles had pictures"
        return sizes


def _held(tools: CDPSession) -> dict[str, float]:
    tools.send("HeapProfiler.collectGarbage")
    told = {each["name"]: each["value"] for each in tools.send("Performance.getMetrics")["metrics"]}
    return {"heap_bytes": told["JSHeapUsedSize"], "nodes": told["Nodes"], "listeners": told["JSEventListeners"]}


FRAMES = [base64.b64encode(jpeg(picture(at, blurred=True))).decode() for at in range(8)]


@contextmanager
def _worker(town: Town) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {town.intake.key}"}
    with httpx.Client(base_url=town.stack.url, headers=headers, timeout=20) as worker:
        yield worker


def _send(worker: httpx.Client, turn: int) -> None:
    """Send a new picture of each camera."""
    for camera in (*CAMERAS, *WALL):
        told: dict[str, Any] = {"boxes": [[0.43, 0.28, 0.57, 0.93]], "jpeg": FRAMES[turn % len(FRAMES)]}
        worker.put(
            f"/v1/workers/w1/pictures/{camera}", json={"at": datetime.now(UTC).isoformat(), **told}
        ).raise_for_status()


def _feed(town: Town, over: Event) -> None:
    """Send pictures as workers do."""
    turn = 0
    with _worker(town) as worker:
        while not over.is_set():
            began = time.monotonic()
            _send(worker, turn)
            turn += 1
            over.wait(max(0.0, 2.0 - (time.monotonic() - began)))


def put_events(folder: Path, count: int) -> None:
    """Multiply an event that came through the intake: other ids, cameras and times; without pictures."""
    database = open_database(Settings(data_dir=folder))
    with database.write() as connection:
        known = dict(connection.execute(select(events).limit(1)).mappings().one())
        cameras = [*CAMERAS, *WALL]
        rows = [_another(known, number, cameras[number % len(cameras)]) for number in range(count)]
        connection.execute(events.insert(), rows)
    database.close()


def _another(known: dict[str, Any], number: int, camera: str) -> dict[str, Any]:
    named = str(uuid.uuid5(uuid.NAMESPACE_URL, f"mingchu/benchmark/{number}"))
    begun = known["started_at"] - timedelta(minutes=number + 60)
    data = {
        **known["data"],
        "id": named,
        "camera": camera,
        "started_at": begun.isoformat(),
        "opened_at": begun.isoformat(),
    }
    return {**known, "id": named, "camera_id": camera, "started_at": begun, "data": data}


def interactions(browser: Browser, town: Town, wanted: int) -> tuple[int, list[float]]:
    """Return how many events were loaded, and what each key took until it was seen."""
    with _visit(browser, town) as (page, _):
        page.set_default_timeout(600_000)
        page.goto(f"{town.stack.url}/review")
        page.wait_for_selector('.item[aria-current="true"]')
        loaded = int(page.evaluate(MORE, wanted))
        page.evaluate(LISTEN)
        for turn in range(KEYS):
            page.keyboard.press("k" if turn % 4 == 3 else "j")
            page.wait_for_timeout(120)
        page.wait_for_timeout(500)
        slow = [float(each) for each in page.evaluate("window.waits")]
        return loaded, slow + [UNSEEN_MS] * max(0, KEYS - len(slow))


if __name__ == "__main__":
    sys.exit(main())
