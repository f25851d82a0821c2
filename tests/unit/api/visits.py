"""Inspections for tests of what follows from them: begun, filled in and concluded through the API."""

from typing import Any

import httpx


async def begun(person: httpx.AsyncClient, site: str, name: str = "spot_check") -> dict[str, Any]:
    """Begin an inspection."""
    answer = await person.post("/v1/inspections", json={"site": site, "list": name})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def filled(person: httpx.AsyncClient, inspection: dict[str, Any], *faults: str) -> dict[str, Any]:
    """Answer every line; these are not in order."""
    ids = [line["id"] for line in inspection["lines"]]
    told = {name: {"result": "not_ok", "note": "seen"} if name in faults else {"result": "ok"} for name in ids}
    headers = {"If-Match": inspection["etag"]}
    answer = await person.patch(f"/v1/inspections/{inspection['id']}", json={"answers": told}, headers=headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def concluded(person: httpx.AsyncClient, site: str, name: str, *faults: str) -> dict[str, Any]:
    """Inspect a site from beginning to end."""
    inspection = await filled(person, await begun(person, site, name), *faults)
    headers = {"If-Match": inspection["etag"]}
    answer = await person.post(f"/v1/inspections/{inspection['id']}/conclude", json={}, headers=headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def visited(person: httpx.AsyncClient, site: str) -> str:
    """Return the id of a spot check in which all was in order."""
    return str((await concluded(person, site, "spot_check"))["id"])
