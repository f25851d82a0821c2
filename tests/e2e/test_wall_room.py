"""A control room watches 64 cameras: pictures arrive, what begins glows, the order is risk's, a site's or one's own."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browsing import PHONE, visiting
from tests.e2e.console_fixtures import Case, jpeg, picture
from tests.e2e.test_console import browser  # noqa: F401 - a fixture
from tests.e2e.town import CAMERAS, Town, found_town

pytestmark = [pytest.mark.server("chromium"), pytest.mark.slow]
MORE = [f"more-{number:02}" for number in range(64 - len(CAMERAS))]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    town = found_town(tmp_path_factory.mktemp("town"), cameras=dict.fromkeys(MORE, "school"))
    yield town
    town.close()


def show(town: Town, cameras: list[str], at_s: float = 0.0) -> float:
    """Push one picture of each, as a worker does; return when the last is wanted again."""
    told = {"boxes": [[0.43, 0.28, 0.57, 0.93]], "jpeg": base64.b64encode(jpeg(picture(at_s, blurred=True))).decode()}
    again_in_s = 0.0
    with httpx.Client(base_url=town.stack.url, headers={"Authorization": f"Bearer {town.intake.key}"}) as worker:
        for camera in cameras:
            at = datetime.now(UTC).isoformat()
            answer = worker.put(f"/v1/workers/w1/pictures/{camera}", json={"at": at, **told})
            assert answer.is_success, answer.text
            again_in_s = answer.json()["again_in_s"]
    return again_in_s


def test_64_tiles_show_what_their_cameras_see_and_the_riskiest_comes_first(browser: Browser, town: Town) -> None:  # noqa: F811
    every = [*CAMERAS, *MORE]
    assert show(town, every) == 60, "nobody watches yet"
    town.event(Case("rodent", "I", "store-1", "storage", age_s=5, closed=False))
    with visiting(browser, town, "li") as visit:
        page = visit.page
        visit.go("/wall?n=64")
        expect(page.locator(".tile-picture")).to_have_count(64)
        first = page.locator(".tile").first
        expect(first).to_have_attribute("data-camera", "store-1")
        expect(first).to_have_attribute("data-tier", "I")
        expect(first).to_contain_text("鼠")
        assert page.evaluate("document.querySelector('.wall-tiles').scrollHeight <= innerHeight")
        before = first.locator(".tile-picture").get_attribute("data-at")
        assert show(town, every, 1.0) == 2, "somebody watches"
        expect(first.locator(".tile-picture")).not_to_have_attribute("data-at", before or "")
        expect(page.locator('.tile[data-ill="true"]').first).to_be_visible()
        assert visit.barriers() == []
        first.click()
        expect(page.get_by_role("dialog")).to_contain_text("鼠")
        assert visit.barriers() == []
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_tour_turns_the_pages_and_tiles_are_put_by_hand(browser: Browser, town: Town) -> None:  # noqa: F811
    with visiting(browser, town, "li", theme="dark") as visit:
        page = visit.page
        page.clock.install()
        visit.go("/wall?n=4&sort=site&tour=10")
        expect(page.get_by_role("group", name="翻页")).to_contain_text("1/16")
        page.clock.run_for(11_000)
        expect(page.get_by_role("group", name="翻页")).to_contain_text("2/16")
        page.get_by_role("button", name="手动").click()
        names = [each.get_attribute("data-camera") for each in page.locator(".tile").all()]
        page.locator(".tile").nth(0).focus()
        page.keyboard.press("Control+ArrowRight")
        expect(page.locator(".tile").first).to_have_attribute("data-camera", names[1] or "")
        visit.go("/wall?sort=hand&n=4")
        expect(page.locator(".tile").first).to_have_attribute("data-camera", names[1] or "")


def test_the_wall_fits_a_phone(browser: Browser, town: Town) -> None:  # noqa: F811
    with visiting(browser, town, "chen", PHONE) as visit:
        visit.go("/wall?n=9")
        expect(visit.page.locator(".tile")).to_have_count(9)
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        assert visit.barriers() == []
