"""A kitchen answers an order from a phone, with and without a network."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.e2e.browsing import PHONE, Visit, visiting
from tests.e2e.console_fixtures import Case
from tests.e2e.test_console import browser  # noqa: F401 - a fixture
from tests.e2e.town import PASSWORD, Town, found_town

pytestmark = [pytest.mark.server("chromium"), pytest.mark.slow]
KEPT = """async id => {
    const kept = (await (await caches.open('mingchu-seen-1')).keys()).map(r => new URL(r.url).pathname);
    return ['/v1/session', '/v1/catalogue', '/v1/my/cases', '/v1/cases/' + id].every(path => kept.includes(path));
}"""
"""What the list of duties and the page of a case need lies in this browser."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    town = found_town(tmp_path_factory.mktemp("town"))
    yield town
    town.close()


def keeps(page: Page, case: str) -> None:
    """Wait until the phone could lose its network: `wait_for_function` takes a promise for a yes."""
    for _ in range(100):
        if page.evaluate(KEPT, case):
            return
        page.wait_for_timeout(100)
    pytest.fail("the pages are not kept")


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
        expect(visit.page.get_by_role("navigation", name="主导航")).not_to_contain_text("审阅")


def story(town: Town, case: str) -> list[str]:
    return [entry["what"] for entry in town.person("li").get(f"/v1/cases/{case}")["story"]]


def confirm_receipt(page: Page, case: str) -> None:
    page.locator(f'[data-case="{case}"]').get_by_role("link", name="确认收到").click()
    page.get_by_role("button", name="确认收到").click()
    page.get_by_role("button", name="确定确认收到").click()


def test_an_answer_without_a_network_waits_and_is_sent_once(browser: Browser, town: Town) -> None:  # noqa: F811
    case = ordered(town, Case("no_mask", "II", "kitchen-1", age_s=500))
    with visiting(browser, town, "cook", PHONE, has_touch=True, is_mobile=True) as visit:
        page = visit.page
        visit.go("/")
        expect(page.locator(f'[data-case="{case}"]')).to_be_visible()
        keeps(page, case)
        visit.context.set_offline(True)
        confirm_receipt(page, case)
        expect(page.locator("section.waiting")).to_contain_text("1 条答复等待发送")
        page.goto(f"{visit.url}/my")
        expect(page.locator(f'[data-case="{case}"]')).to_contain_text("已填好")
        expect(page.locator("section.waiting")).to_contain_text("1 条答复等待发送")
        assert visit.barriers() == []
        assert story(town, case) == ["joined", "order"]
        visit.context.set_offline(False)
        expect(page.locator("section.waiting")).to_have_count(0)
        expect(page.locator(f'[data-case="{case}"]').get_by_role("link", name="提交方案")).to_be_visible()
    assert story(town, case) == ["joined", "order", "acknowledge"]


def test_an_answer_whose_receipt_was_lost_is_not_given_twice(browser: Browser, town: Town) -> None:  # noqa: F811
    case = ordered(town, Case("no_gloves", "III", "kitchen-1", age_s=400))
    with visiting(browser, town, "cook", PHONE) as visit:
        page, taken = visit.page, []

        def lose(route: Route) -> None:
            taken.append(route.fetch().status)
            if len(taken) > 1:
                route.fulfill(status=taken[-1])
            # The first time the server took it and the phone never hears of that.

        page.route(f"**/v1/cases/{case}/acknowledge", lose)
        visit.go("/my")
        confirm_receipt(page, case)
        expect(page.locator("section.waiting")).to_contain_text("1 条答复等待发送")
        expect(page.locator("section.waiting")).to_have_count(0, timeout=45_000)
        assert len(taken) == 2
    assert story(town, case) == ["joined", "order", "acknowledge"]


def test_whoever_signs_in_next_on_this_phone_sends_nothing_of_the_one_before(
    browser: Browser,  # noqa: F811
    town: Town,
) -> None:
    case = ordered(town, Case("no_hairnet", "III", "kitchen-1", age_s=300))
    with visiting(browser, town, "cook", PHONE) as visit:
        page = visit.page
        visit.go("/my")
        expect(page.locator(f'[data-case="{case}"]')).to_be_visible()
        keeps(page, case)
        visit.context.set_offline(True)
        confirm_receipt(page, case)
        expect(page.locator("section.waiting")).to_contain_text("1 条答复等待发送")
        sign_in(visit, "baker")
        visit.context.set_offline(False)
        with page.expect_response("**/v1/session"):
            page.evaluate("window.dispatchEvent(new Event('online'))")
        visit.go("/my")
        expect(page.locator(f'[data-case="{case}"]').get_by_role("link", name="确认收到")).to_be_visible()
        expect(page.locator("section.waiting")).to_have_count(0)
        assert story(town, case) == ["joined", "order"]
        sign_in(visit, "cook")
        visit.go("/my")
        expect(page.locator(f'[data-case="{case}"]').get_by_role("link", name="提交方案")).to_be_visible()
    told = town.person("li").get(f"/v1/cases/{case}")["story"]
    assert [(entry["what"], entry["by"]) for entry in told[2:]] == [("acknowledge", "cook")]


def sign_in(visit: Visit, who: str) -> None:
    """Let somebody else into this browser, as another tab of it would."""
    told = visit.context.request.post(f"{visit.url}/v1/session", data={"name": who, "password": PASSWORD})
    assert told.ok, told.text()


OLD, KEEPS = (
    "/assets/of-an-old-build.js",
    "async path => Boolean(await (await caches.open('mingchu-shell-1')).match(path))",
)
"""What a build of yesterday left in the browser; whether it is still there."""


def test_what_old_builds_left_goes_when_no_other_page_is_open(browser: Browser, town: Town) -> None:  # noqa: F811
    with visiting(browser, town, "cook", PHONE) as visit:
        page = visit.page
        visit.go("/my")
        page.wait_for_function("() => navigator.serviceWorker.controller !== null")
        page.evaluate("async path => (await caches.open('mingchu-shell-1')).put(path, new Response('old'))", OLD)
        other = visit.context.new_page()
        other.goto(f"{visit.url}/my")
        expect(other.get_by_role("link", name="待办")).to_be_visible()
        page.wait_for_timeout(500)
        assert page.evaluate(KEEPS, OLD)
        other.close()
        page.reload()
        page.wait_for_function(f"async () => !await ({KEEPS})('{OLD}')")
        mine = (
            "performance.getEntriesByType('resource').map(e => new URL(e.name).pathname).find(p => p.endsWith('.js'))"
        )
        assert page.evaluate(KEEPS, page.evaluate(mine))
        assert visit.context.request.get(f"{visit.url}{OLD}").status == 404
