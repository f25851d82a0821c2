"""The whole thread: a real RTSP camera → `mingchu work` → `mingchu serve` → event, evidence, stream and page."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.console_fixtures import CODE, found
from tests.e2e.stack import LOOPBACK, MINGCHU, Stack, eventually
from tests.e2e.test_console import browser  # noqa: F401 - a fixture

ROOT = Path(__file__).parent.parent
pytestmark = [pytest.mark.server("gst-rtsp"), pytest.mark.slow]


@pytest.fixture
def rtsp(shared_data: Path) -> Iterator[str]:
    """Play the film of six persons as a camera; return its address."""
    film = shared_data / "clips/one-by-one-person-detection.mp4"
    command = ["/usr/bin/python3", ROOT / "servers/rtsp.py", film]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        port = re.search(r"\d+", server.stdout.readline())
        assert port
        yield f"rtsp://127.0.0.1:{port.group()}/camera"
        server.kill()


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    stack = Stack(tmp_path, {"MINGCHU_ALLOW_LOOPBACK": "1"})
    yield stack
    stack.close()


def seen_on(page: Page, event: str) -> None:
    """Wait until the row of an event comes by itself, and its clip plays for who gives a reason."""
    row = page.locator(f'[data-event="{event}"]')
    expect(row).to_be_visible(timeout=30_000)
    row.click()
    page.keyboard.press("o")
    page.get_by_label("查看原因（记入查阅登记）").fill("核对画面")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('video')?.currentTime > 1", timeout=30_000)


def events_of(stack: Stack, key: str) -> list[dict[str, object]]:
    headers = {"Authorization": f"Bearer {key}"}
    return list(LOOPBACK.get(f"{stack.url}/v1/events", headers=headers, timeout=10).json()["items"])


@pytest.fixture
def page(stack: Stack, browser: Browser) -> Iterator[Page]:  # noqa: F811 - the fixture
    """Open the console of a supervisor who waits for what comes."""
    stack.serve()
    page = browser.new_page(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    page.goto(f"{stack.url}/#code={found(CODE, stack.cli('user', 'code'))}")
    page.get_by_role("button", name="登录").click()
    page.get_by_role("button", name="以后再说").click()
    expect(page.get_by_role("link", name="审阅")).to_be_visible()
    yield page
    page.close()


def test_a_violation_before_the_camera_reaches_the_open_page(stack: Stack, rtsp: str, page: Page) -> None:
    """And the store, whatever is killed."""
    stack.cli("site", "add", "local", "--name", "红旗路店")
    stack.cli("camera", "add", "k1", rtsp, "--site", "local", "--zone", "special_room")
    scopes = [part for scope in ("events:write", "events:read", "sites:read", "workers") for part in ("--scope", scope)]
    key = found(r"mck_\w+", stack.cli("key", "add", "worker", *scopes))
    work = ("work", "--api", stack.url, "--key", key, "--worker", "w1")
    stack.start("work", *work)
    first = eventually(lambda: events_of(stack, key), within_s=60)[0]
    assert (first["kind"], first["status"]) == ("no_hat", "pending_review")
    seen_on(page, str(first["id"]))
    page.screenshot(path=stack.folder / "page.png")

    headers = {"Authorization": f"Bearer {key}"}
    picture = eventually(
        lambda: LOOPBACK.get(f"{stack.url}/v1/wall/k1/picture", headers=headers).content[:2] == b"\xff\xd8"
    )
    assert picture, "the worker shows what it sees"

    stack.kill("serve")
    stack.kill("work")
    stack.serve()
    stack.start("work", *work)
    ended = eventually(lambda: [e for e in events_of(stack, key) if e["ended_at"]], within_s=60)
    assert first["id"] in [event["id"] for event in ended]
    assert len({event["id"] for event in ended}) == len(ended)

    lines = LOOPBACK.get(f"{stack.url}/v1/log", headers=headers, timeout=10).json()
    phases = [(line["data"]["id"], line["type"]) for line in lines["items"]]
    assert len(phases) == len(set(phases)), "each phase of each event exactly once"
    assert [line["sequence"] for line in lines["items"]] == list(range(1, len(phases) + 1))
    assert stack.stop("work") == 0
    assert "everything is in order" in stack.cli("check")


def test_a_second_worker_on_the_same_spool_is_refused(stack: Stack) -> None:
    stack.serve()
    work = ("work", "--api", stack.url, "--key", "mck_a_b", "--worker", "w1")
    stack.start("work", *work)
    eventually((stack.folder / "spool" / "w1").is_dir, within_s=20)
    eventually(lambda: "api=refused" in stack.log("work"), within_s=20)
    second = subprocess.run(
        [MINGCHU, *work],
        env=stack.env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert second.returncode == 2, second.stderr
    assert "Traceback" not in second.stderr
