"""A kitchen answers an order from a phone, with and without a network."""

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


def test_an_answer_without_network_waits_and_goes_by_itself(browser: Browser, town: Town) -> None:  # noqa: F811
    case = ordered(town, Case("smoking", "II", "kitchen-2", "cooking", age_s=900))
    with visiting(browser, town, "cook", PHONE, theme="dark") as visit:
        page = visit.page
        visit.go(f"/my?case={case}")
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        page.reload()
        expect(page.get_by_role("button", name="确认收到")).to_be_visible()
        visit.context.set_offline(True)
        page.reload()
        expect(page.get_by_role("heading", name="吸烟")).to_be_visible()
        page.get_by_role("button", name="提交方案").click()
        page.get_by_label("打算怎么改").fill("灶台旁贴禁烟标志。")
        page.get_by_role("button", name="确定提交方案").click()
        expect(page.get_by_label("等待发送")).to_contain_text("1 条答复等待发送")
        town.person("cook").act(case, "state", reason="另一部手机先说了一句。")
        visit.context.set_offline(False)
        expect(page.get_by_label("等待发送")).to_have_count(0, timeout=30_000)
        expect(page.locator('[data-stage="planned"]')).to_be_visible()
    told = town.person("li").get(f"/v1/cases/{case}")
    assert [entry["what"] for entry in told["story"]] == ["joined", "order", "state", "plan"]


def test_what_may_no_longer_be_said_is_told_and_kept_until_read(browser: Browser, town: Town) -> None:  # noqa: F811
    case = ordered(town, Case("rodent", "I", "store-1", "storage", age_s=300))
    with visiting(browser, town, "cook", PHONE) as visit:
        page = visit.page
        visit.go(f"/my?case={case}")
        expect(page.get_by_role("button", name="申辩")).to_be_visible()
        visit.context.set_offline(True)
        page.get_by_role("button", name="申辩").click()
        page.get_by_label("申辩的理由").fill("那是玩具。")
        page.get_by_role("button", name="确定申辩").click()
        expect(page.get_by_label("等待发送")).to_be_visible()
        town.person("li").act(case, "withdraw", reason="看错了")
        visit.context.set_offline(False)
        expect(page.get_by_label("等待发送")).to_contain_text("没有发出", timeout=30_000)
        page.get_by_label("等待发送").get_by_role("button", name="关闭").click()
        expect(page.get_by_label("等待发送")).to_have_count(0)


def test_a_kitchen_that_opens_a_supervisor_s_room_stands_in_its_own(browser: Browser, town: Town) -> None:  # noqa: F811
    with visiting(browser, town, "cook") as visit:
        visit.go("/review")
        expect(visit.page.get_by_role("link", name="待办")).to_be_visible()
        expect(visit.page.get_by_role("navigation")).not_to_contain_text("审阅")
