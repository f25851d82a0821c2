"""Asks an API for the events that people judged, and for their snapshots."""

from collections.abc import Iterator
from pathlib import Path

import httpx

from vision.errors import SourceRefusedError, SourceUnavailableError
from vision.reviewed.event import VERDICTS, Reviewed, reviewed_of
from vision.reviewed.formats import FORMATS, PICTURES

PAGE = 200
PURPOSE = "training data: export of reviewed events"
"""Written into the viewing register with every picture."""


def reviewed_events(client: httpx.Client) -> Iterator[Reviewed]:
    """Yield every judged event that the key may read, newest first; raises SourceError."""
    cursor = ""
    while True:
        params: dict[str, str | int | list[str]] = {"status": list(VERDICTS), "limit": PAGE}
        page = _asked(client, "/v1/events", {**params, **({"cursor": cursor} if cursor else {})}).json()
        yield from (found for event in page["items"] if (found := reviewed_of(event)))
        cursor = page["next"] or ""
        if not cursor:
            return


def export(client: httpx.Client, form: str, out: Path) -> dict[str, int]:
    """Write an export into `out` and return how many events of each verdict it holds."""
    events = list(reviewed_events(client))
    (out / PICTURES).mkdir(parents=True, exist_ok=True)
    for event in events:
        snapshot = _asked(client, f"/v1/events/{event.id}/media/snapshot", {"reason": PURPOSE})
        (out / PICTURES / event.file).write_bytes(snapshot.content)
    for name, text in FORMATS[form](events).items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(text, "utf-8")
    return {verdict: sum(event.verdict == verdict for event in events) for verdict in VERDICTS}


def _asked(client: httpx.Client, path: str, params: dict[str, str | int | list[str]]) -> httpx.Response:
    address = str(client.base_url)
    try:
        answer = client.get(path, params=params)
    except httpx.HTTPError as error:
        raise SourceUnavailableError(address, f"does not answer ({type(error).__name__})") from error
    if answer.status_code in {401, 403}:
        raise SourceRefusedError(address, f"refuses the key (HTTP {answer.status_code})")
    if answer.is_error:
        raise SourceUnavailableError(address, f"answered HTTP {answer.status_code} to {path}")
    return answer
