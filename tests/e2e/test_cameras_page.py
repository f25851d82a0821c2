"""An administrator sets a camera up in a real browser: mistakes named, a picture, a zone, an edit, a removal."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.console_fixtures import clip, open_doors
from tests.e2e.stack import Stack, free_port
from tests.e2e.test_console import browser  # noqa: F401 - a fixture

RTSP = Path(__file__).parents[1] / "servers" / "rtsp.py"
SOON_MS = 20_000
pytestmark = [pytest.mark.server("chromium", "gst-rtsp"), pytest.mark.slow]


@pytest.fixture
def camera_port(tmp_path: Path) -> Iterator[str]:
    film = tmp_path / "film.mp4"
    film.write_bytes(clip())
    told = ["/usr/bin/python3", RTSP, film, "--private", "--user", "cook", "--password", "soup"]
    server = subprocess.Popen(told, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    yield server.stdout.readline().strip()
    server.kill()
    server.wait()
    server.stdout.close()


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    stack = Stack(tmp_path, {"MINGCHU_CAMERA_NETWORKS": "127.0.0.0/8"})
    stack.serve()
    yield stack
    stack.close()


@pytest.fixture
def page(stack: Stack, browser: Browser) -> Iterator[Page]:  # noqa: F811 - the fixture above
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    page = context.new_page()
    page.goto(stack.url)
    page.get_by_label("登录码").fill(open_doors(stack).code)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="以后再说").click()
    page.get_by_role("link", name="摄像头", exact=True).click()
    yield page
    context.close()


def look(page: Page, source: str) -> None:
    page.get_by_label("摄像头地址").fill(source)
    page.get_by_role("button", name="看一眼画面").click()


def cause(page: Page, name: str) -> None:
    expect(page.locator(f'[data-cause="{name}"]')).to_be_visible(timeout=SOON_MS)


def test_a_camera_is_added_after_two_mistakes_and_its_zone_drawn(page: Page, stack: Stack, camera_port: str) -> None:
    page.get_by_role("link", name="添加摄像头").click()
    look(page, f"rtsp://cook:soup@127.0.0.1:{free_port()}/camera")
    cause(page, "nothing-there")
    look(page, f"rtsp://cook:salt@127.0.0.1:{camera_port}/camera")
    cause(page, "password")
    look(page, f"rtsp://cook:soup@127.0.0.1:{camera_port}/nothing")
    cause(page, "path")
    look(page, "rtsp://10.0.0.9/camera")
    cause(page, "forbidden")
    look(page, f"rtsp://cook:soup@127.0.0.1:{camera_port}/camera")
    expect(page.get_by_text("H264 · 768×432")).to_be_visible(timeout=SOON_MS)
    page.get_by_label("摄像头名称").fill("专间二号")
    page.get_by_label("区域类型").select_option("special_room")
    expect(page.locator(".asked > div").first).to_contain_text("未规范戴口罩")
    box = page.locator(".drawing svg").bounding_box()
    assert box is not None
    for x, y in ((0.2, 0.2), (0.8, 0.8), (0.8, 0.2), (0.2, 0.8)):
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
    page.screenshot(path=stack.folder / "zones.png")
    for _ in range(20):
        if page.get_by_role("button", name="撤销").is_disabled():
            break
        page.get_by_role("button", name="撤销").click()
    page.get_by_label("摄像头名称").fill("专间二号")
    page.get_by_role("button", name="从方框开始").click()
    page.get_by_label("区域类型").select_option("special_room")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_role("row", name="专间二号")).to_be_visible()
    told = page.request.get(f"{stack.url}/v1/cameras/local-4").json()
    assert told["zones"][0]["type"] == "special_room"
    assert len(told["zones"][0]["polygon"]) == 4
    assert "soup" not in str(told)


def test_of_two_people_the_second_sees_what_changed_and_decides(page: Page, stack: Stack) -> None:
    page.get_by_role("link", name="修改专间一号").click()
    name = page.get_by_label("摄像头名称")
    expect(name).to_have_value("专间一号")
    key = stack.new_key("sites:write")
    theirs = {"zones": [{"name": "main", "type": "serving", "polygon": []}]}
    headers = {"Authorization": f"Bearer {key}", "If-Match": '"1"'}
    assert httpx.patch(f"{stack.url}/v1/cameras/kitchen-1", json=theirs, headers=headers).is_success
    name.fill("专间甲")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_role("alertdialog")).to_contain_text("备餐")
    page.get_by_role("button", name="在其基础上保存我的修改").click()
    expect(page.get_by_role("row", name="专间甲")).to_be_visible()
    told = page.request.get(f"{stack.url}/v1/cameras/kitchen-1").json()
    assert (told["name"], told["zones"][0]["type"]) == ("专间甲", "serving")


def test_a_camera_is_removed_only_when_it_is_confirmed(page: Page) -> None:
    row = page.get_by_role("row", name="仓库夜视")
    row.get_by_role("button", name="移除").click()
    page.get_by_role("dialog").get_by_role("button", name="取消").click()
    expect(row).to_be_visible()
    row.get_by_role("button", name="移除").click()
    page.get_by_role("dialog").get_by_role("button", name="移除").click()
    expect(row).to_have_count(0)
