"""A kitchen's day on its phone: a self-check signed, an inspection, a notice read, the score, a code."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import segno
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from tests.e2e.browsing import PHONE, Visit, visiting
from tests.e2e.console_fixtures import Case
from tests.e2e.filming import film, filmed
from tests.e2e.proving import by_hand, kitchen, portrait
from tests.e2e.stack import eventually
from tests.e2e.test_console import ARGUMENTS, CHROMIUM, required
from tests.e2e.test_journeys import photograph
from tests.e2e.town import HERE, Json, Town, found_town
from vision.frames import Image

pytestmark = [pytest.mark.server("chromium"), pytest.mark.slow]
A_PHONE = {"has_touch": True, "is_mobile": True}
ALLOWED = {
    "permissions": ["geolocation", "camera"],
    "geolocation": {"latitude": HERE[0], "longitude": HERE[1], "accuracy": 12},
}
KEPT = """async id => (await (await caches.open('mingchu-seen-1')).keys())
  .some(each => each.url.endsWith('/v1/selfchecks/' + id))"""


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    if not CHROMIUM.exists():
        required("no /usr/bin/chromium on this machine")
    with sync_playwright() as playwright:
        yield playwright


def filming(playwright: Playwright, camera: list[str]) -> Browser:
    return playwright.chromium.launch(executable_path=str(CHROMIUM), args=[*ARGUMENTS, *camera])


@pytest.fixture(scope="module")
def browser(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser before whose camera stand a kitchen and a cook."""
    running = filming(playwright, film(tmp_path_factory.mktemp("film") / "kitchen.mjpeg"))
    yield running
    running.close()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town whose cook is the food-safety officer of the shop, and whose cameras saw a bare head today."""
    town = found_town(tmp_path_factory.mktemp("town"))
    town.event(Case("no_hat", "III", "kitchen-1", age_s=5))
    root = town.person("root")
    put = root.client.put(
        "/v1/selfchecks/posts/local/cook", json={"posts": ["officer"]}, headers={"X-CSRF-Token": root.csrf}
    )
    assert put.is_success, put.text
    yield town
    town.close()


def daily(town: Town) -> Json:
    """Return the round of today once the ticker has opened it."""
    checks = eventually(lambda: town.person("cook").get("/v1/selfchecks", round="daily")["items"])
    found: Json = checks[0]
    return found


def answer(visit: Visit, line: str, result: str) -> None:
    visit.page.locator(f'[data-line="{line}"]').get_by_role("button", name=result, exact=True).click()


def test_a_self_check_is_filled_in_with_what_the_cameras_saw_proven_and_signed(browser: Browser, town: Town) -> None:
    check = daily(town)
    with visiting(browser, town, "cook", PHONE, **A_PHONE, **ALLOWED) as visit:
        page = visit.page
        visit.go("/my")
        page.get_by_role("link", name="自查").click()
        page.locator('[data-round="daily"]').get_by_role("link", name="开始填写").click()
        dress = page.locator('[data-line="dress"]')
        expect(dress).to_have_attribute("data-result", "not_ok")
        expect(dress).to_contain_text("预填")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        assert visit.barriers() == []
        dress.get_by_role("textbox").fill("摄像头发现一次未戴帽，已当场戴好。")
        for line in check["lines"]:
            if line["seen"] is None:
                answer(visit, line["id"], "不适用" if line["photo"] else "符合")
        page.locator('[data-line="waste"]').get_by_role("button", name="拍五定照片").click()
        page.get_by_label("手机号码").fill("138 0000 5678")
        page.get_by_role("button", name="登记这部手机").click()
        photograph(page, "scene")
        photograph(page, "portrait")
        page.get_by_role("button", name="用作这一项的照片").click()
        expect(page.locator('[data-line="waste"] img')).to_have_js_property("complete", value=True)
        page.get_by_role("button", name="签字", exact=True).click()
        assert visit.barriers() == []
        page.get_by_role("button", name="以食品安全员身份签字").click()
        expect(page.get_by_text("已签字", exact=True)).to_be_visible()
    told = town.person("li").get(f"/v1/selfchecks/{check['id']}")
    answers = {line["id"]: line["answer"] for line in told["lines"]}
    assert (told["state"], told["signed_by"], told["gaps"]) == ("signed", "cook", [])
    assert answers["dress"] == {"result": "not_ok", "note": "摄像头发现一次未戴帽，已当场戴好。", "photos": []}
    assert len(answers["waste"]["photos"]) == 1


def test_a_supplier_is_inspected_on_the_spot_and_its_kitchen_takes_the_photos(
    browser: Browser, playwright: Playwright, town: Town, tmp_path: Path
) -> None:
    phone = filming(playwright, filmed(tmp_path / "stand.mjpeg", (by_hand(5), portrait(5)), each_s=4))
    with visiting(browser, town, "li") as visit:
        page = visit.page
        visit.go("/inspections?new=1")
        page.get_by_label("检查哪个单位").fill("红旗")
        page.get_by_role("button", name="红旗路店").click()
        expect(page.locator('[data-list="canteen_supplier"]')).to_contain_text("决定能否供餐")
        assert visit.barriers() == []
        page.locator('[data-list="canteen_supplier"]').click()
        expect(page.locator(".supply")).to_contain_text("不得供餐")
        (begun,) = town.person("li").get("/v1/inspections")["items"]
        with visiting(phone, town, "cook", PHONE, **A_PHONE, **ALLOWED) as kitchen_s:
            photographed(kitchen_s, town, begun["id"])
        phone.close()
        page.reload()
        pests = page.locator('[data-line="pests"]')
        for line in begun["lines"]:
            answer(visit, line["id"], "不符合" if line["id"] == "premises" else "符合")
        page.locator('[data-line="premises"]').get_by_role("textbox").fill("生熟刀具混放。")
        pests.get_by_role("button", name="附上第 1 张五定照片").click()
        assert visit.barriers() == []
        page.get_by_role("button", name="保存").click()
        page.get_by_role("button", name="完成检查").click()
        expect(page.locator(".step-form")).to_contain_text("结果：限期改正。")
        page.get_by_role("button", name="确定完成").click()
        expect(page.locator("main")).to_have_attribute("data-outcome", "to_correct")
        expect(page.locator(".supply")).to_contain_text("限期整改")
        visit.go("/inspections?tab=suppliers")
        expect(page.locator('[data-site="local"]')).to_contain_text("可以供餐")
        assert visit.barriers() == []
    told = town.person("li").get(f"/v1/inspections/{begun['id']}")
    answers = {line["id"]: line["answer"] for line in told["lines"]}
    assert (answers["premises"]["note"], len(answers["pests"]["photos"])) == ("生熟刀具混放。", 1)
    assert town.person("cook").get("/v1/sites/local")["may_supply"] is True


def photographed(visit: Visit, town: Town, inspection: str) -> None:
    """Take the photo that the inspector asks for, with a phone that somebody lets in."""
    page = visit.page
    visit.go("/my?checks=1")
    expect(page.locator(".supply")).to_contain_text("等待检查")
    page.locator(f'[data-inspection="{inspection}"]').click()
    page.get_by_role("link", name="拍五定照片").click()
    page.get_by_label("手机号码").fill("138 0000 5678")
    page.get_by_role("button", name="登记这部手机").click()
    expect(page.get_by_label("手机号码")).to_have_count(0)
    for phone in town.person("li").get("/v1/photos/devices")["items"]:
        if phone["state"] == "pending":
            town.person("li").post(f"/v1/photos/devices/{phone['id']}", {"approve": True})
    page.reload()
    photograph(page, "scene")
    photograph(page, "portrait")
    page.locator("[data-outcome]").get_by_role("button", name="返回").click()
    expect(page.locator(".outcome")).to_contain_text("进行中")
    assert visit.barriers() == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


def test_lines_filled_in_without_a_network_wait_and_are_sent(browser: Browser, town: Town) -> None:
    weekly = eventually(lambda: town.person("cook").get("/v1/selfchecks", round="weekly")["items"])[0]["id"]
    with visiting(browser, town, "cook", PHONE, **A_PHONE) as visit:
        page = visit.page
        visit.go(f"/my?check={weekly}")
        expect(page.locator('[data-line="suppliers"]')).to_be_visible()
        eventually(lambda: page.evaluate(KEPT, weekly))
        visit.context.set_offline(True)
        answer(visit, "suppliers", "符合")
        page.get_by_role("button", name="保存").click()
        expect(page.locator("section.waiting")).to_contain_text("填写自查")
        expect(page.locator('[data-line="suppliers"]')).to_have_attribute("data-result", "ok")
        assert visit.barriers() == []
        visit.context.set_offline(False)
        expect(page.locator("section.waiting")).to_have_count(0)
        expect(page.locator(".check-bar")).to_contain_text("项未完成")
    told = town.person("li").get(f"/v1/selfchecks/{weekly}")["lines"]
    assert next(line["answer"] for line in told if line["id"] == "suppliers")["result"] == "ok"


def test_a_training_notice_is_read_and_the_sender_sees_by_whom(browser: Browser, town: Town) -> None:
    with visiting(browser, town, "li") as visit:
        visit.go("/inspections?tab=notices&write=1")
        visit.page.get_by_label("标题（中文）").fill("夏季食品安全培训")
        visit.page.get_by_label("内容（中文）").fill("请组织全体从业人员学习。\n七月十五日前完成。")
        visit.page.get_by_role("button", name="指定单位").click()
        visit.page.get_by_role("button", name="红旗路店").click()
        assert visit.barriers() == []
        visit.page.get_by_role("button", name="发给 1 个单位").click()
        expect(visit.page.locator(".sent")).to_contain_text("已读 0 / 1")
    (sent,) = town.person("li").get("/v1/notices/sent", kind="training")["items"]
    with visiting(browser, town, "cook", PHONE, **A_PHONE) as visit:
        page = visit.page
        visit.go("/my")
        expect(page.locator(f'[data-training="{sent["id"]}"]')).to_contain_text("夏季食品安全培训")
        expect(page.get_by_role("link", name="通知").locator(".my-badge")).to_be_visible()
        page.get_by_role("link", name="通知").click()
        assert visit.barriers() == []
        page.locator(f'[data-notice="{sent["id"]}"]').click()
        expect(page.locator("article.notice")).to_contain_text("培训")
        page.get_by_role("button", name="我已阅读").click()
        expect(page.locator(".notice-receipt")).to_contain_text("cook")
        assert visit.barriers() == []
    with visiting(browser, town, "li") as visit:
        visit.go("/inspections?tab=notices")
        visit.page.get_by_role("button", name="内容与回执").click()
        expect(visit.page.locator(".receipts")).to_contain_text("✓ cook")
        assert visit.barriers() == []


def test_the_score_is_explained_case_by_case(browser: Browser, town: Town) -> None:
    case = town.begin(Case("smoking", "II", "kitchen-2", "cooking", age_s=900))
    town.person("li").act(case, "order")
    score = eventually(lambda: _with(town.person("cook").get("/v1/sites/local/score"), case))
    with visiting(browser, town, "cook", PHONE, **A_PHONE) as visit:
        visit.go("/my?score=1")
        expect(visit.page.locator(".score-points")).to_contain_text(f"{score['points']:g}")
        line = visit.page.locator(f'[data-line="{case}"]')
        expect(line).to_contain_text("−8")
        expect(visit.page.locator(".score-head")).to_contain_text("公众看到的是 100 分")
        visit.page.get_by_text("分数怎么算").click()
        assert visit.barriers() == []
        line.click()
        expect(visit.page.locator('[data-stage="ordered"]')).to_be_visible()


def _with(score: Json, case: str) -> Json | None:
    return score if any(line["case"] == case and line["why"] == "counts" for line in score["lines"]) else None


def label(code: str) -> Image:
    """Return what a camera sees of a label that somebody holds before a kitchen."""
    image = kitchen().copy()
    modules = [list(row) for row in segno.make_qr(code, error="q").matrix_iter(scale=7, border=4)]
    for y, row in enumerate(modules):
        image[90 + y, 180 : 180 + len(row)] = [[20 if dark else 235] * 3 for dark in row]
    return image


def test_a_batch_code_is_read_by_the_phone_s_camera(playwright: Playwright, town: Town, tmp_path: Path) -> None:
    told = {"product": "牛肉", "origin": "阿根廷", "made_on": "2026-01-01", "expires_on": "2036-02-01", "amount": "5"}
    code = town.person("cook").post("/v1/batches", told)["code"]
    browser = filming(playwright, filmed(tmp_path / "label.mjpeg", (portrait(0), label(code)), each_s=1))
    with visiting(browser, town, "cook", PHONE, **A_PHONE, permissions=["camera"]) as visit:
        page = visit.page
        visit.go("/my?batch=1")
        page.get_by_role("button", name="扫码").click()
        expect(page.get_by_label("实时取景")).to_be_visible()
        assert visit.barriers() == []
        expect(page.get_by_label("追溯码", exact=True)).to_have_value(code)
        page.get_by_label("数量").fill("2")
        page.get_by_role("button", name="调出").click()
        page.get_by_role("button", name="登记").click()
        expect(page.get_by_role("status").filter(has_text=code)).to_contain_text("库存 3")
    browser.close()
