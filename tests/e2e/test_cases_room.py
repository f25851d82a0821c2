"""Supervisors walk cases from the board to their end in a real browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browsing import PHONE, visiting
from tests.e2e.console_fixtures import Case
from tests.e2e.proving import Phone, kitchen
from tests.e2e.test_console import browser  # noqa: F401 - a fixture
from tests.e2e.town import Town, found_town

pytestmark = [pytest.mark.server("chromium"), pytest.mark.slow]
HAT = Case("no_hat", "III", "kitchen-1", age_s=600)
SMOKE = Case("smoking", "II", "kitchen-2", "cooking", age_s=900)
GLOVES = Case("no_gloves", "III", "kitchen-1", age_s=1200)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    town = found_town(tmp_path_factory.mktemp("town"))
    yield town
    town.close()


def test_a_case_goes_from_the_board_to_its_end(browser: Browser, town: Town) -> None:  # noqa: F811 - the fixture
    case, cook = town.begin(HAT, view=kitchen()), town.person("cook")
    phone = Phone(cook)
    phone.register()
    with visiting(browser, town, "li") as visit:
        page = visit.page
        visit.go("/review")
        expect(page.locator(".live-live")).to_be_visible()
        page.keyboard.press("g")
        page.keyboard.press("a")
        card = page.locator('[data-column="order"]').locator(f'[data-case="{case}"]')
        expect(card).to_contain_text("下达通知 · 还剩")
        assert visit.barriers() == []
        card.click()
        page.get_by_role("button", name="下达通知").click()
        expect(page.locator(".order-text")).to_contain_text("未戴工作帽")
        page.get_by_role("button", name="确定下达通知").click()
        expect(page.locator('[aria-current="step"]')).to_have_text("已下达")
        cook.act(case, "plan", reason="今天就买新帽子。")
        cook.act(case, "rectify", proof=[phone.prove(case)])
        expect(page.locator(".said")).to_have_text("今天就买新帽子。")
        expect(page.locator("[data-proof] .checks li")).to_have_count(11)
        page.get_by_role("button", name="退回整改").click()
        page.get_by_role("button", name="确定退回整改").click()
        expect(page.get_by_role("alert")).to_have_text("请写明理由。")
        page.get_by_label("说明理由").fill("照片里看不到帽子。")
        page.get_by_role("button", name="确定退回整改").click()
        page.get_by_role("button", name="延长期限").click()
        page.get_by_label("说明理由").fill("明天到货。")
        page.get_by_role("button", name="确定延长期限").click()
        expect(page.locator('[data-what="extend"]')).to_contain_text("新期限")
        proof = phone.prove(case)
        cook.act(case, "rectify", proof=[proof])
        page.get_by_role("button", name="复查通过").click()
        if cook.get(f"/v1/photos/{proof}")["outcome"] == "doubtful":  # then a person says why it is enough
            page.get_by_label("说明理由").fill("与摄像头画面一致。")
        page.get_by_role("button", name="确定复查通过").click()
        expect(page.locator("main")).to_have_attribute("data-stage", "closed")
        story = [row.get_attribute("data-what") for row in page.locator(".story-entry").all()]
        assert story == ["joined", "order", "plan", "rectify", "return", "extend", "rectify", "accept"]
        assert visit.barriers() == []


def test_an_appeal_is_decided_by_the_other_supervisor(browser: Browser, town: Town) -> None:  # noqa: F811
    case = town.begin(GLOVES)
    town.person("li").act(case, "order")
    town.person("cook").act(case, "appeal", reason="送货员，不是我们的人。")
    with visiting(browser, town, "li") as visit:
        visit.go(f"/cases?case={case}")
        expect(visit.page.locator(".clock-paused").first).to_be_visible()
        expect(visit.page.get_by_role("button", name="撤销案件")).to_be_visible()
        expect(visit.page.get_by_role("button", name="申辩不成立")).to_have_count(0)
    with visiting(browser, town, "wang", PHONE, theme="dark") as visit:
        visit.go(f"/cases?case={case}")
        visit.page.get_by_role("button", name="申辩不成立").click()
        visit.page.get_by_label("说明理由").fill("工牌清楚可见。")
        visit.page.get_by_role("button", name="确定申辩不成立").click()
        expect(visit.page.locator('[data-what="reject"]')).to_contain_text("工牌清楚可见。")
        assert visit.barriers() == []


def test_of_two_supervisors_the_slower_sees_what_the_other_did(browser: Browser, town: Town) -> None:  # noqa: F811
    case = town.begin(SMOKE)
    with visiting(browser, town, "li") as visit:
        visit.context.route("**/v1/stream*", lambda route: route.abort())
        visit.go(f"/cases?case={case}")
        visit.page.get_by_role("button", name="撤销案件").click()
        visit.page.get_by_label("说明理由").fill("重复立案")
        town.person("wang").act(case, "order")
        visit.page.get_by_role("button", name="确定撤销案件").click()
        expect(visit.page.get_by_role("alert")).to_contain_text("刚刚有人改动了这个案件")
        expect(visit.page.locator('[aria-current="step"]')).to_have_text("已下达")


def test_the_list_keeps_its_filters_in_the_address(browser: Browser, town: Town) -> None:  # noqa: F811
    with visiting(browser, town, "li") as visit:
        visit.go("/cases?view=list&tier=II")
        expect(visit.page.locator("tbody tr")).to_have_count(1)
        visit.page.get_by_label("等级").select_option("III")
        expect(visit.page.locator("tbody tr")).to_have_count(2)
        assert "tier=III" in visit.page.url
        visit.page.get_by_role("button", name="EN", exact=True).click()
        expect(visit.page.get_by_role("columnheader", name="Next deadline")).to_be_visible()
        visit.page.emulate_media(media="print")
        expect(visit.page.locator(".header")).to_be_hidden()


def test_who_may_not_see_a_case_is_told_so(browser: Browser, town: Town) -> None:  # noqa: F811
    with visiting(browser, town, "chen") as visit:
        visit.go("/cases?case=00000000-0000-0000-0000-000000000000")
        expect(visit.page.get_by_role("alert")).to_contain_text("找不到")


def test_a_case_is_taken_by_one_officer_and_found_by_it(browser: Browser, town: Town) -> None:  # noqa: F811
    case = town.begin(Case("phone_use", "III", "kitchen-2", "cooking", age_s=1500))
    with visiting(browser, town, "li") as visit:
        visit.go(f"/cases?case={case}")
        visit.page.get_by_role("button", name="由我承办").click()
        expect(visit.page.get_by_label("承办人")).to_have_value("li")
        visit.page.get_by_label("承办人").select_option("wang")
        expect(visit.page.get_by_role("status").filter(has_text="已指定承办人：wang")).to_be_visible()
        assert visit.barriers() == []
        visit.go("/cases?officer=me")
        expect(visit.page.locator(".column-none").first).to_be_visible()
        expect(visit.page.locator(f'[data-case="{case}"]')).to_have_count(0)
    with visiting(browser, town, "wang") as visit:
        visit.go("/cases")
        visit.page.get_by_label("承办人").select_option("me")
        expect(visit.page.locator(f'[data-case="{case}"]')).to_contain_text("wang")
    town.person("li").act(case, "withdraw", reason="演示")
