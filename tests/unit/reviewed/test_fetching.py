import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from vision.errors import SourceRefusedError, SourceUnavailableError
from vision.reviewed.fetching import export


def event(number: int, verdict: str) -> dict[str, Any]:
    review = {"verdict": verdict, "reason": "wrong_object" if verdict == "dismissed" else ""}
    shape = {"box": [1, 1, 5, 5], "frame_wh": [10, 10], "evidence": {"snapshot": {}}}
    return {"id": f"e{number}", "kind": "rodent", "review": review, **shape}


def answered(request: httpx.Request) -> httpx.Response:
    """Two pages of one event each; a snapshot only with a reason."""
    if request.url.path.endswith("/media/snapshot"):
        return httpx.Response(200 if request.url.params.get("reason") else 403, content=b"jpeg")
    assert request.url.params.get_list("status") == ["confirmed", "dismissed", "unsure"]
    if "cursor" in request.url.params:
        return httpx.Response(200, json={"items": [event(2, "dismissed")], "next": None})
    return httpx.Response(200, json={"items": [event(1, "confirmed")], "next": "more"})


def client(handler: Any) -> httpx.Client:
    return httpx.Client(base_url="http://api.test", transport=httpx.MockTransport(handler))


def test_all_pages_and_their_snapshots_are_written(tmp_path: Path) -> None:
    with client(answered) as api:
        assert export(api, "coco", tmp_path) == {"confirmed": 1, "dismissed": 1, "unsure": 0}
    assert {path.name for path in (tmp_path / "images").iterdir()} == {"e1.jpg", "e2.jpg"}
    told = json.loads((tmp_path / "annotations.json").read_text("utf-8"))
    assert told["images"][1]["negatives"] == ["rodent"]


@pytest.mark.parametrize(("status", "error"), [(401, SourceRefusedError), (500, SourceUnavailableError)])
def test_an_api_that_will_not_or_cannot_answer_is_named(tmp_path: Path, status: int, error: type[Exception]) -> None:
    with client(lambda _: httpx.Response(status)) as api, pytest.raises(error, match=r"api\.test"):
        export(api, "coco", tmp_path)
