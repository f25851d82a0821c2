"""Claim: no forged proof of this list passes all checks, and honest photos of rendered kitchens are rarely turned away.

Each attack is sent through the whole API with real models: a registered phone, a live challenge, a signed claim and two
JPEGs, all as an honest page does it but for the one lie; and each in a copy of the room's books of its own, so that
none is noticed for what another left there. The table says which checks noticed it. Honest proofs of the same rooms,
from a phone held by hand, give the false refusals. Rendered pictures: real phones differ.

    python -m benchmarks.forgeries [--rooms N] [--albums DIR] [--out FILE]
"""

import argparse
import asyncio
import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from benchmarks.forging import ATTACKS, CASE, Attack, Stage, Used
from benchmarks.kitchen_photos import ROOMS, Album, kept_album
from benchmarks.machine import PACKAGES, described
from tests.unit.api.photos.phone import Phone, jpeg, place_sites
from tests.unit.api.world import World, again, found, send_media, tell

SEED, COUNT = 5, 6
PAGE = Path(__file__).parents[1] / "docs" / "design" / "photos.md"
BEGIN, END = "<!-- forgeries: written by benchmarks/forgeries.py -->", "<!-- /forgeries -->"
Told = Mapping[str, Any]


async def staged(world: World, album: Album, other: Album) -> tuple[Stage, list[httpx.Response]]:
    """Furnish a room; return it and the answers to its honest proofs."""
    place_sites(world)
    event = await tell(world, "hat")
    await send_media(world, event, "snapshot", jpeg(album.camera, 92))
    async with world.person("supervisor-north") as supervisor:
        await supervisor.post(f"/v1/events/{event}/review", json={"verdict": "confirmed"})
    phone, thief = Phone(world), Phone(world, "kitchen-south", "+8613900001111")
    for each in (phone, thief):
        assert (await each.register()).status_code == 201
    spot = await phone.prove("spot", "the spot", album.spot, album.portraits[0])
    async with world.person("supervisor-north") as supervisor:
        await supervisor.post(f"/v1/photos/spots/north-site/{spot.json()['id']}", json={"approve": True})
    used, answers = await _proved(phone, album)
    return Stage(album, other, phone, thief, used), answers


async def _proved(phone: Phone, album: Album) -> tuple[Used, list[httpx.Response]]:
    """Send the honest proofs; the last pictures of the album stay fresh, the first portrait is the spot's."""
    used, answers = list[Used](), list[httpx.Response]()
    for scene, portrait in zip(album.honest[:-2], album.portraits[1:-1], strict=True):
        asked = await phone.challenge("case", CASE)
        answer = phone.answer(asked.json(), scene, portrait)
        answers.append(await answer.send())
        if answers[-1].status_code == 201:
            used.append(Used(answer.challenge, answer.pictures))
        phone.world.clock.pass_by(minutes=7)
    return used[0], answers


async def attacked(stage: Stage, attack: Attack, folder: Path) -> httpx.Response:
    """Return the answer to an attack in a copy of the stage's books."""
    founded = stage.phone.world
    world = again(founded, folder)
    world.clock.at = founded.clock.at
    copy = replace(stage, phone=replace(stage.phone, world=world), thief=replace(stage.thief, world=world))
    try:
        return await attack(copy)
    finally:
        world.database.close()


def noticed(answer: httpx.Response) -> dict[str, Any]:
    """Return the outcome of an answer and which checks did not pass."""
    body = answer.json()
    if "checks" not in body:
        refused = {error["field"].partition(".")[0]: "failed" for error in body.get("errors", [])}
        return {"outcome": "passed" if answer.is_success else "refused", "checks": refused, "reasons": []}
    missed = [each for each in body["checks"] if each["result"] != "passed"]
    return {
        "outcome": body.get("outcome", "refused"),
        "checks": {each["check"]: each["result"] for each in missed},
        "reasons": [each["reason"] for each in missed],
    }


async def measured(rooms: tuple[str, ...], albums: Path, folder: Path) -> dict[str, Any]:
    """Return what every attack met in every room, and what the honest proofs met."""
    (folder / "origin").mkdir()
    origin, honest = found(folder / "origin"), list[dict[str, Any]]()
    attacks: dict[str, list[dict[str, Any]]] = {name: [] for name in ATTACKS}
    kept = {room: kept_album(albums, room, SEED, COUNT) for room in rooms}
    for number, room in enumerate(rooms):
        here = folder / room
        here.mkdir()
        world = again(origin, here)
        stage, answers = await staged(world, kept[room], kept[rooms[number - 1]])
        world.database.close()
        honest += [{"room": room, **noticed(answer)} for answer in answers]
        for name, attack in ATTACKS.items():
            with tempfile.TemporaryDirectory() as books:
                told = noticed(await attacked(stage, attack, Path(books)))
            attacks[name].append({"room": room, **told})
            print(f"{room} {name}: {told['outcome']} {told['checks']}", flush=True)
    return {"attacks": attacks, "honest": honest}


def table_of(attacks: Mapping[str, Iterable[Told]]) -> list[dict[str, Any]]:
    """Return attack × check: in how many rooms each outcome came, and each check failed or was unclear."""
    rows = []
    for name, told in attacks.items():
        outcomes = Counter(each["outcome"] for each in told)
        checks = Counter((check, result) for each in told for check, result in each["checks"].items())
        by_check: dict[str, dict[str, int]] = {}
        for (check, result), count in sorted(checks.items()):
            by_check.setdefault(check, {})[result] = count
        rows.append({"attack": name, "outcomes": dict(outcomes), "checks": by_check})
    return rows


def block(results: Told) -> str:
    """Return the table as the page shows it."""
    rooms = results["rooms"]
    lines = [_row(each, len(rooms)) for each in results["table"]]
    counts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(results["honest"].items()))
    head = f"In {len(rooms)} rendered rooms ({', '.join(rooms)}); honest proofs of the same rooms: {counts}."
    return "\n".join([head, "", "| attack | outcome | checks that did not pass |", "| --- | --- | --- |", *lines])


def _row(told: Told, rooms: int) -> str:
    outcome = ", ".join(name if count == rooms else f"{name} in {count}" for name, count in told["outcomes"].items())
    checks = [
        (f"{check} ({result})" if result == "unclear" else check) + ("" if count == rooms else f" in {count}")
        for check, results in told["checks"].items()
        for result, count in results.items()
    ]
    return f"| {told['attack']} | {outcome} | {', '.join(checks)} |"


def replaced(page: str, told: str) -> str:
    """Return the page with another table between its markers."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    assert after, f"the page lacks the lines {BEGIN} and {END}"
    return f"{before}{BEGIN}\n{told}\n{END}{after}"


def results_of(rooms: tuple[str, ...], told: Told) -> dict[str, Any]:
    """Return what is kept of a run."""
    table = table_of(told["attacks"])
    return {
        "claim": "no attack of the list passes all checks",
        "command": f"python -m benchmarks.forgeries --rooms {len(rooms)}",
        "holds": not any("passed" in each["outcomes"] for each in table),
        "rooms": list(rooms),
        "honest": dict(Counter(each["outcome"] for each in told["honest"])),
        "table": table,
        "machine": described((*PACKAGES, "pillow", "segno", "cryptography")),
        "each": told["attacks"],
        "each_honest": told["honest"],
    }


def summary(results: Told) -> Iterator[str]:
    """Yield what a run found, as lines."""
    yield block(results)
    passed = [each["attack"] for each in results["table"] if "passed" in each["outcomes"]]
    yield f"attacks that passed all checks: {passed or 'none'}"


def main() -> int:
    """Measure, write the results and the page's table; fail where an attack passes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rooms", type=int, default=2, choices=range(2, len(ROOMS) + 1))
    parser.add_argument("--albums", type=Path, default=Path(tempfile.gettempdir()) / "mingchu-albums")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("results") / "forgeries.json")
    chosen = parser.parse_args()
    rooms = ROOMS[: chosen.rooms]
    with tempfile.TemporaryDirectory() as folder:
        results = results_of(rooms, asyncio.run(measured(rooms, chosen.albums, Path(folder))))
    chosen.out.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if chosen.out.parent == Path(__file__).with_name("results"):
        PAGE.write_text(replaced(PAGE.read_text("utf-8"), block(results)), encoding="utf-8")
    print("\n".join(summary(results)))
    return 0 if results["holds"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
