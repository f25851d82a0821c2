"""Whole journeys: a case closed by a phone's own photo, an integrator let in, a report taken home, the door's page."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e.browsing import PHONE, Visit, visiting
from tests.e2e.console_fixtures import Case
from tests.e2e.filming import film
from tests.e2e.proving import Phone, kitchen
from tests.e2e.test_console import ARGUMENTS, CHROMIUM, required
from tests.e2e.town import HERE, Town, found_town

pytestmark = [pytest.mark.server("chromium"), pytest.mark.slow]
BRIGHTNESS = """v => { const c = document.createElement('canvas'), pen = c.getContext('2d'); c.width = c.height = 1;
  pen.drawImage(v, 0, 0, 1, 1); return v.videoWidth ? pen.getImageData(0, 0, 1, 1).data[0] : -1; }"""
WALL = 125
"""The kitchen of the film is brighter than this, the cook's portrait darker."""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser with a camera before which things happen."""
    if not CHROMIUM.exists():
        required("no /usr/bin/chromium on this machine")
    camera = film(tmp_path_factory.mktemp("film") / "kitchen.mjpeg")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(CHROMIUM), args=[*ARGUMENTS, *camera])
        yield running
        running.close()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    town = found_town(tmp_path_factory.mktemp("town"), {"MINGCHU_WEBHOOK_NETWORKS": "127.0.0.0/8"})
    yield town
    town.close()


def photograph(page: Page, step: str) -> None:
    """Press the shutter when what the step asks for stands before the camera."""
    view = page.locator(f'[data-step="{step}"] video')
    for _ in range(100):
        brightness = view.evaluate(BRIGHTNESS)
        if brightness >= 0 and (brightness > WALL) == (step == "scene"):
            break
        page.wait_for_timeout(100)
    page.get_by_role("button", name="拍照").click()


def confirmed(visit: Visit, event: str) -> str:
    """Confirm an event by keyboard; return the page of its case."""
    visit.go(f"/review?event={event}")
    expect(visit.page.locator(f'[data-event="{event}"][aria-current="true"]')).to_be_visible()
    with visit.page.expect_response(lambda answer: answer.url.endswith(f"/v1/events/{event}/review")):
        visit.page.keyboard.press("y")
    told = visit.context.request.get(f"{visit.url}/v1/events/{event}").json()
    return f"/cases?case={told['case']['id']}"


def test_a_case_is_closed_with_a_photo_that_the_phone_s_own_page_took(browser: Browser, town: Town) -> None:
    event = town.event(Case("no_hat", "III", "kitchen-1", age_s=600), view=kitchen())
    with visiting(browser, town, "li") as visit:
        case = confirmed(visit, event)
        visit.go(case)
        visit.page.get_by_role("button", name="下达通知").click()
        visit.page.get_by_role("button", name="确定下达通知").click()
        expect(visit.page.locator('[aria-current="step"]')).to_have_text("已下达")
    here = {"latitude": HERE[0], "longitude": HERE[1], "accuracy": 12}
    allowed = {"permissions": ["geolocation", "camera"], "geolocation": here}
    with visiting(browser, town, "cook", PHONE, has_touch=True, is_mobile=True, **allowed) as visit:
        page = visit.page
        visit.go(case.replace("/cases?case", "/my?photo"))
        page.get_by_label("手机号码").fill("138 0000 5678")
        assert visit.barriers() == []
        page.get_by_role("button", name="登记这部手机").click()
        photograph(page, "scene")
        photograph(page, "portrait")
        expect(page.locator("[data-outcome]")).to_contain_text("已收到")
        assert visit.barriers() == []
        page.get_by_role("button", name="用它提交整改").click()
        expect(page.locator('[data-stage="rectified"]')).to_be_visible()
    with visiting(browser, town, "li") as visit:
        visit.go(case)
        expect(visit.page.locator("[data-proof] .checks li")).to_have_count(11)
        visit.page.get_by_role("button", name="复查通过").click()
        visit.page.get_by_role("button", name="确定复查通过").click()
        expect(visit.page.locator("main")).to_have_attribute("data-stage", "closed")
    proof = town.person("li").get(f"/v1/cases/{case.partition('=')[2]}")
    assert [entry["what"] for entry in proof["story"]] == ["joined", "order", "rectify", "accept"]


def test_a_second_phone_is_let_in_by_a_supervisor(browser: Browser, town: Town) -> None:
    cook = town.person("cook")
    while len(cook.get("/v1/photos/devices")["items"]) < 2:
        Phone(cook).register()
    with visiting(browser, town, "li") as visit:
        visit.go("/cases")
        waiting = visit.page.get_by_role("region", name="有手机等待批准")
        expect(waiting).to_contain_text("cook")
        assert visit.barriers() == []
        waiting.get_by_role("button", name="批准").click()
        expect(waiting).to_have_count(0)
    assert [phone["state"] for phone in cook.get("/v1/photos/devices")["items"]] == ["active", "active"]


@contextmanager
def receiver() -> Iterator[tuple[str, list[str]]]:
    """Listen as an integrator does; yield where, and the kinds of what came."""
    came: list[str] = []

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["webhook-signature"]
            came.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(HTTPStatus.NO_CONTENT)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Taking)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", came
    server.shutdown()
    server.server_close()


def test_an_integrator_is_let_in_from_the_page_and_shut_out_again(browser: Browser, town: Town) -> None:
    with visiting(browser, town, "root") as visit, receiver() as (address, came):
        page = visit.page
        visit.go("/admin?tab=keys")
        page.get_by_label("新密钥名称").fill("city-platform")
        page.get_by_role("button", name="生成密钥").click()
        key = page.locator(".told-value").inner_text()
        headers = {"Authorization": f"Bearer {key}"}
        assert httpx.get(f"{visit.url}/v1/events", headers=headers).status_code == HTTPStatus.OK
        assert httpx.get(f"{visit.url}/v1/webhooks", headers=headers).status_code == HTTPStatus.FORBIDDEN
        assert visit.barriers() == []
        row = page.get_by_role("row").filter(has_text="city-platform")
        row.get_by_role("button", name="吊销").click()
        row.get_by_role("alertdialog").get_by_role("button", name="吊销").click()
        expect(row.get_by_role("cell", name="已吊销")).to_be_visible()
        assert httpx.get(f"{visit.url}/v1/events", headers=headers).status_code == HTTPStatus.UNAUTHORIZED
        visit.go("/admin?tab=webhooks")
        page.get_by_label("接收地址").fill(address)
        page.get_by_role("button", name="添加推送").click()
        expect(page.locator(".told-value")).to_contain_text("whsec_")
        page.get_by_role("button", name="发送测试").click()
        expect(page.locator(".tried-good")).to_contain_text("204")
        assert "cn.mingchu.test" in came[0]
        assert visit.barriers() == []


def test_somebody_new_logs_in_with_the_code_that_the_page_shows(browser: Browser, town: Town) -> None:
    with visiting(browser, town, "root") as visit:
        visit.go("/admin?tab=users")
        visit.page.get_by_label("新用户名").fill("zhao")
        visit.page.get_by_role("button", name="添加用户").click()
        code = visit.page.locator(".told-value").inner_text()
        assert visit.barriers() == []
    told = httpx.post(f"{town.stack.url}/v1/session", json={"code": code})
    assert told.json()["user"]["name"] == "zhao"


def test_what_may_not_be_sold_is_refused_at_the_counter(browser: Browser, town: Town) -> None:
    told = {"product": "牛肉", "origin": "阿根廷", "made_on": "2026-01-01", "expires_on": "2026-02-01", "amount": "5"}
    code = town.person("cook").post("/v1/batches", told)["code"]
    with visiting(browser, town, "cook", PHONE, has_touch=True, is_mobile=True) as visit:
        page = visit.page
        visit.go("/my")
        page.get_by_role("link", name="追溯码").click()
        for each, why in (("0000", "没有这个追溯码"), (code, "已过期")):
            page.get_by_label("追溯码").fill(each)
            page.get_by_label("数量").fill("2")
            page.get_by_role("button", name="登记").click()
            expect(page.get_by_role("alert")).to_contain_text(why)
        page.get_by_role("button", name="进货").click()
        assert visit.barriers() == []
    refused = town.person("li").get("/v1/batches/refusals")["items"]
    assert [scan["refused"] for scan in refused] == ["expired", "uncoded"]


def test_sites_stand_on_a_map_that_leads_into_their_regions(browser: Browser, town: Town) -> None:
    root = town.person("root")
    east = root.post("/v1/regions", {"id": "east", "name": "东城区"})
    school = root.get("/v1/sites/school")
    headers = {"X-CSRF-Token": root.csrf, "If-Match": school["etag"]}
    moved = {"region": east["id"], "latitude": HERE[0] + 0.02, "longitude": HERE[1] + 0.03}
    assert root.client.patch("/v1/sites/school", json=moved, headers=headers).is_success
    with visiting(browser, town, "li") as visit:
        page = visit.page
        visit.go("/insight?tab=map")
        expect(page.locator(".map-mark")).to_have_count(2)
        assert visit.barriers() == []
        page.get_by_role("button", name="育才小学食堂").press("Enter")
        expect(page.locator(".map-chosen")).to_contain_text("育才小学食堂")
        page.get_by_role("link", name="东城区").click()
        expect(page.locator(".map-mark")).to_have_count(1)
        expect(page.locator(".map-regions").get_by_role("heading")).to_have_text("东城区")


def test_a_report_of_the_week_is_taken_home(browser: Browser, town: Town) -> None:
    with visiting(browser, town, "li") as visit:
        visit.go("/insight?tab=reports")
        for name, begins in (("PDF", b"%PDF"), ("XLSX", b"PK")):
            with visit.page.expect_download() as coming:
                visit.page.get_by_role("link", name=name).click()
            assert Path(coming.value.path()).read_bytes().startswith(begins)
        assert visit.barriers() == []


def test_the_door_s_page_tells_what_a_supervisor_published_and_no_more(browser: Browser, town: Town) -> None:
    root = town.person("root")
    seen = root.get("/v1/sites/local")["etag"]
    headers = {"X-CSRF-Token": root.csrf, "If-Match": seen}
    assert root.client.patch("/v1/sites/local", json={"published": True}, headers=headers).is_success
    with visiting(browser, town, "li", PHONE) as visit:
        visit.go("/p/local")
        expect(visit.page.get_by_role("heading", level=1)).to_have_text("红旗路店")
        assert visit.barriers() == []
        assert {url.removeprefix(visit.url) for url in visit.asked} <= {"/p/local", "/public.css", "/icon.svg"}
        assert visit.page.goto(f"{visit.url}/p/school").status == HTTPStatus.NOT_FOUND  # type: ignore[union-attr]
