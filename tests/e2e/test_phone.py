"""A kitchen answers an order from a phone, with one button each."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browsing import PHONE, visiting
from tests.e2e.console_fixtures import Case
from tests.e2e.test_console import browser  # noqa: F401 - a fixture
from tests.e2e.town import Town, found_town

pytestmark = [pytest.mark.server("chromium"), pytest.mark.slow]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    town = found_town(tmp_path_factory.mktemp("town"))
    yield town
    town.close()


def ordered(town: Town, case: Case) -> str:
    found = town.begin(case)
    town.person("li").act(found, "order")
    return found


def test_an_order_is_answered_with_one_button_each(browser: Browser, town: Town) -> None:  # noqa: F811 - the fixture
    case = ordered(town, Case("no_hat", "III", "kitchen-1", age_s=600))
    with visiting(browser, town, "cook", PHONE, has_touch=True, is_mobile=True) as visit:
        page = visit.page
        visit.go("/")
        card = page.locator(f'[data-case="{case}"]')
        expect(card).to_contain_text("还剩")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        assert visit.barriers() == []
        card.get_by_role("link", name="确认收到").click()
        page.get_by_role("button", name="确认收到").click()
        page.get_by_role("button", name="确定确认收到").click()
        expect(page.locator('[data-stage="acknowledged"]')).to_be_visible()
        page.get_by_role("button", name="陈述").click()
        page.get_by_label("陈述的内容").fill("帽子洗了还没干。")
        page.get_by_role("button", name="确定陈述").click()
        expect(page.locator('[data-what="state"]')).to_contain_text("帽子洗了还没干。")
        assert visit.barriers() == []
    told = town.person("li").get(f"/v1/cases/{case}")
    assert [entry["what"] for entry in told["story"]] == ["joined", "order", "acknowledge", "state"]


def test_a_kitchen_that_opens_a_supervisor_s_room_stands_in_its_own(browser: Browser, town: Town) -> None:  # noqa: F811
    with visiting(browser, town, "cook") as visit:
        visit.go("/review")
        expect(visit.page.get_by_role("link", name="待办")).to_be_visible()
        expect(visit.page.get_by_role("navigation")).not_to_contain_text("审阅")
