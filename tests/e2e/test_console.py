"""A supervisor's morning in a real browser: log in, review by keyboard, see an event arrive, look at an original."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, Response, expect, sync_playwright

from api.auth.gate import CSRF_HEADER
from tests.e2e.console_fixtures import CLIP_S, Case, Intake, clip, event_id, open_doors
from tests.e2e.stack import Stack

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DIST = Path(__file__).resolve().parents[2] / "api" / "web" / "dist" / "index.html"
PASSWORD = "correct horse battery"
MORNING = (
    Case("no_hat", "III", "kitchen-2", "cooking", age_s=300),
    Case("rodent", "I", "store-1", "storage", age_s=900),
    Case("no_mask", "II", "kitchen-1", "special_room", age_s=60),
    Case("no_mask", "II", "kitchen-1", "special_room", age_s=600, closed=False),
)
MOST_URGENT_FIRST = (1, 2, 3, 0)

pytestmark = [pytest.mark.server("chromium"), pytest.mark.slow]


def required(reason: str) -> None:
    """Skip on a laptop; fail where servers are promised."""
    if os.environ.get("MINGCHU_REQUIRE_SERVERS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        required("no /usr/bin/chromium on this machine")
    if not DIST.is_file():
        required("the console is not built: run scripts/build_console.py")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Stack]:
    stack = Stack(tmp_path)
    stack.serve()
    yield stack
    stack.close()


class Desk:
    """One supervisor's browser on one API with the morning's events."""

    def __init__(self, url: str, code: str, intake: Intake, page: Page, shots: Path) -> None:
        self.url, self.code, self.page = url, code, page
        self.now = datetime.now(UTC)
        self.asked: list[str] = []
        self.troubles: list[str] = []
        self.shots = shots
        self._intake, self._clip = intake, clip()
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.ids = [self.push(case) for case in MORNING]

    def push(self, case: Case) -> str:
        return self._intake.push(case, self.now, self._clip)

    def log_in(self) -> None:
        self.page.goto(self.url)
        self.page.get_by_label("登录码").fill(self.code)
        self.page.keyboard.press("Enter")
        self.page.get_by_label("密码").fill(PASSWORD)
        self.page.keyboard.press("Enter")
        expect(self.rows).to_have_count(len(MORNING))

    @property
    def rows(self) -> Locator:
        return self.page.locator(".item")

    def chosen(self, event: str) -> None:
        """Wait until this event is the one on show."""
        expect(self.page.locator(f'[data-event="{event}"][aria-current="true"]')).to_be_visible()

    def told(self, event: str) -> dict[str, Any]:
        """Return what the API says about an event, to the same session."""
        answer = self.page.request.get(f"{self.url}/v1/events/{event}")
        assert answer.ok, answer.text()
        body: dict[str, Any] = answer.json()
        return body

    def eventually(self, event: str, wanted: Callable[[dict[str, Any]], bool]) -> None:
        for _ in range(50):
            if wanted(self.told(event)):
                return
            self.page.wait_for_timeout(100)
        pytest.fail(f"{self.told(event)}")

    def colleague(self, name: str) -> httpx.Client:
        """Let the administrator of the page make a supervisor; return that person's session."""
        csrf = self.page.request.get(f"{self.url}/v1/session").json()["csrf"]
        told = {"name": name, "role": "supervisor", "region": "root"}
        made = self.page.request.post(f"{self.url}/v1/users", data=told, headers={CSRF_HEADER: csrf})
        assert made.ok, made.text()
        client = httpx.Client(base_url=self.url, timeout=10)
        session = (
            client.post("/v1/session", json={"code": made.json()["first_login"]["code"]}).raise_for_status().json()
        )
        client.headers[CSRF_HEADER] = session["csrf"]
        return client

    def register(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.page.request.get(f"{self.url}/v1/access-log").json()["items"]
        return rows


@pytest.fixture
def desk(api: Stack, browser: Browser) -> Iterator[Desk]:
    doors = open_doors(api)
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    desk = Desk(api.url, doors.code, Intake(api.url, doors.key), context.new_page(), api.folder)
    desk.log_in()
    yield desk
    context.close()
    assert desk.troubles == []
    foreign = {urlsplit(url).hostname for url in desk.asked if not url.startswith(("data:", "blob:"))}
    assert foreign == {"127.0.0.1"}, "the console asked another host"


def test_the_queue_opens_on_the_most_urgent_event_and_shows_it_blurred(desk: Desk) -> None:
    order = [row.get_attribute("data-event") for row in desk.rows.all()]
    assert order == [desk.ids[i] for i in MOST_URGENT_FIRST]
    desk.chosen(desk.ids[1])
    picture = desk.page.locator(".frame img")
    expect(picture).to_have_attribute("src", f"/v1/events/{desk.ids[1]}/media/snapshot_blurred")
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 768
    assert not [url for url in desk.asked if url.split("?")[0].endswith(("/clip", "/snapshot", "/annotated"))]
    assert desk.register() == []


def test_a_queue_is_reviewed_by_keyboard_and_undone(desk: Desk) -> None:
    rodent, new_mask, old_mask, hat = (desk.ids[i] for i in MOST_URGENT_FIRST)
    desk.chosen(rodent)
    desk.page.keyboard.press("y")
    desk.chosen(new_mask)
    desk.eventually(rodent, lambda body: body["status"] == "confirmed")
    desk.page.keyboard.press("n")
    expect(desk.page.get_by_role("menu")).to_be_visible()
    desk.page.keyboard.press("4")
    desk.chosen(old_mask)
    desk.eventually(new_mask, lambda body: body["status"] == "dismissed" and body["review"]["reason"] == "wrong_zone")
    desk.page.keyboard.press("u")
    desk.chosen(hat)
    desk.eventually(old_mask, lambda body: body["status"] == "unsure")
    desk.page.keyboard.press("z")
    desk.chosen(old_mask)
    desk.eventually(old_mask, lambda body: body["status"] == "pending_review")
    desk.page.keyboard.press("z")
    desk.chosen(new_mask)
    desk.eventually(new_mask, lambda body: body["status"] == "pending_review" and body["review"] is None)
    expect(desk.rows).to_have_count(3)


def test_the_last_verdict_leaves_an_empty_queue_that_says_so(desk: Desk) -> None:
    for _ in MORNING:
        desk.page.keyboard.press("y")
        desk.page.wait_for_timeout(200)
    expect(desk.page.get_by_role("heading", name="队列清空了")).to_be_visible()


def test_an_event_arrives_live_without_moving_what_is_on_show(desk: Desk) -> None:
    desk.page.keyboard.press("j")
    desk.chosen(desk.ids[2])
    expect(desk.page.locator(".live-live")).to_be_visible()
    case = Case("rodent", "I", "store-1", "storage", age_s=1, closed=False)
    assert desk.push(case) == event_id(case, desk.now)
    expect(desk.page.locator(f'[data-event="{event_id(case, desk.now)}"][data-fresh="true"]')).to_be_visible()
    expect(desk.page.locator(".status-tabs b").first).to_have_text("5")
    desk.chosen(desk.ids[2])


def test_an_original_is_seen_only_with_a_reason_that_the_register_keeps(desk: Desk) -> None:
    desk.page.keyboard.press("o")
    desk.page.get_by_label("查看原因（记入查阅登记）").fill("核对举报")
    desk.page.keyboard.press("Enter")
    expect(desk.page.locator('[data-registered="true"]')).to_contain_text("核对举报")
    video = desk.page.locator("video")
    loaded = "v => new Promise(d => v.readyState ? d(v.duration) : (v.onloadeddata = () => d(v.duration)))"
    assert video.evaluate(loaded) == pytest.approx(CLIP_S, abs=0.2)
    rows = desk.register()
    assert [(row["event"], row["reason"]) for row in rows] == [(desk.ids[1], "核对举报")]
    desk.page.keyboard.press("g")
    desk.page.keyboard.press("v")
    expect(desk.page.get_by_role("cell", name="核对举报")).to_be_visible()


def test_the_boxes_lie_exactly_over_the_picture(desk: Desk) -> None:
    sides = desk.page.evaluate(
        "() => ['.frame img', '.frame svg'].map(s => { const b = document.querySelector(s).getBoundingClientRect();"
        " return [b.x, b.y, b.width, b.height].map(Math.round); })"
    )
    assert sides[0] == sides[1]
    assert sides[0][2] / sides[0][3] == pytest.approx(768 / 432, rel=0.01)
    desk.page.keyboard.press("b")
    expect(desk.page.locator(".frame svg")).to_have_count(0)


def test_a_whole_incident_gets_one_verdict_after_its_pictures_were_seen(desk: Desk) -> None:
    new_mask, old_mask = desk.ids[2], desk.ids[3]
    desk.page.get_by_role("button", name="整组判定").click()
    dialog = desk.page.get_by_role("dialog")
    expect(dialog.get_by_role("heading")).to_have_text("未规范戴口罩：一次判定 2 条")
    expect(dialog.locator("img")).to_have_count(2)
    dialog.get_by_role("checkbox").nth(1).uncheck()
    dialog.get_by_role("combobox").select_option("picture_unclear")
    desk.page.screenshot(path=desk.shots / "bulk.png")
    dialog.get_by_role("button", name="误报").click()
    desk.eventually(new_mask, lambda body: body["status"] == "dismissed")
    assert desk.told(new_mask)["review"]["reason"] == "picture_unclear"
    assert desk.told(old_mask)["status"] == "pending_review"
    desk.page.keyboard.press("z")
    desk.eventually(new_mask, lambda body: body["status"] == "pending_review")


def is_claim(answer: Response) -> bool:
    return answer.request.method == "PUT" and answer.url.endswith("/claim")


def test_what_a_colleague_reviews_is_marked_and_passed_over(desk: Desk) -> None:
    rodent, new_mask, old_mask, _ = (desk.ids[i] for i in MOST_URGENT_FIRST)
    desk.eventually(rodent, lambda body: body["claim"] is not None)
    with closing(desk.colleague("wang")) as colleague:
        assert colleague.put(f"/v1/events/{rodent}/claim").status_code == 409
        assert colleague.put(f"/v1/events/{new_mask}/claim").status_code == 200
    with desk.page.expect_response(is_claim):
        desk.page.reload()
    expect(desk.page.locator(f'[data-event="{new_mask}"]')).to_contain_text("wang 正在审核这条")
    desk.page.keyboard.press("y")
    desk.chosen(old_mask)
    desk.eventually(rodent, lambda body: body["claim"] is None)
    desk.page.keyboard.press("k")
    desk.chosen(new_mask)
    expect(desk.page.get_by_text("另一位同事正在审核这条事件")).to_be_visible()


def test_details_show_what_is_alike_and_the_picture_goes_up_to_the_head(desk: Desk) -> None:
    desk.page.keyboard.press("j")
    desk.chosen(desk.ids[2])
    alike = desk.page.locator(".details .similar li")
    expect(alike).to_have_count(1)
    before = desk.page.locator(".frame img").bounding_box()
    desk.page.keyboard.press("h")
    expect(desk.page.get_by_role("button", name="放大头部")).to_have_attribute("aria-pressed", "true")
    desk.page.wait_for_timeout(300)
    after = desk.page.locator(".frame img").bounding_box()
    assert before
    assert after
    assert after["width"] == pytest.approx(4 * before["width"], rel=0.01)
    desk.page.screenshot(path=desk.shots / "head.png")
    alike.get_by_role("button").click()
    desk.chosen(desk.ids[3])


def test_language_switches_at_once_and_filters_live_in_the_address(desk: Desk) -> None:
    desk.page.get_by_role("button", name="EN", exact=True).click()
    expect(desk.page.get_by_role("link", name="Review", exact=True)).to_be_visible()
    expect(desk.page.get_by_role("button", name="Y Confirm")).to_be_visible()
    desk.page.get_by_role("group", name="By tier").get_by_role("button").nth(1).click()
    expect(desk.rows).to_have_count(2)
    assert "tier=II" in desk.page.url
    desk.page.reload()
    expect(desk.rows).to_have_count(2)


def test_the_password_set_after_the_code_opens_the_door_again(desk: Desk) -> None:
    name = desk.page.locator(".user").inner_text()
    desk.page.get_by_role("button", name="退出登录").click()
    desk.page.get_by_role("tab", name="用户名和密码").click()
    desk.page.get_by_label("用户名").fill(name)
    desk.page.get_by_label("密码").fill("wrong password")
    desk.page.keyboard.press("Enter")
    expect(desk.page.get_by_role("alert")).to_contain_text("登录没有成功")
    desk.page.get_by_label("密码").fill(PASSWORD)
    desk.page.keyboard.press("Enter")
    expect(desk.rows).to_have_count(len(MORNING))
