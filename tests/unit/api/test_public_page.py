"""The page at the door: what the public may know of a published site, small, escaped, without a script."""

from tests.unit.api.world import World

MOST_BYTES = 20_000


async def publish(world: World, **told: object) -> None:
    async with world.person("admin-north") as admin:
        seen = {"If-Match": (await admin.get("/v1/sites/north-site")).headers["ETag"]}
        patch = {"published": True, "grade": "B", "graded_on": "2026-11-01", **told}
        answer = await admin.patch("/v1/sites/north-site", json=patch, headers=seen)
    assert answer.status_code == 200, answer.text


async def test_a_published_site_shows_grade_day_and_label_to_anybody(world: World) -> None:
    await publish(world, name="<b>Canteen</b>")
    async with world.client() as visitor:
        chinese = await visitor.get("/p/north-site", headers={"Accept-Language": "zh-CN"})
        english = await visitor.get("/p/north-site", headers={"Accept-Language": "en-GB"})
    assert chinese.status_code == 200
    assert all(text in chinese.text for text in ("2026-11-01", "grade-B", "明厨亮灶"))
    assert "Open kitchen" in english.text
    assert "&lt;b&gt;Canteen" in english.text
    assert "<b>" not in english.text
    assert "<script" not in chinese.text
    assert "Set-Cookie" not in chinese.headers
    assert len(chinese.content) < MOST_BYTES


async def test_a_site_that_nobody_published_has_no_page(world: World) -> None:
    async with world.client() as visitor:
        assert (await visitor.get("/p/north-site")).status_code == 404
