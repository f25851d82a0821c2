"""How a camera is looked at is set over HTTP, reaches its worker, and what the worker tells comes back as figures."""

from typing import Any

import pytest

from tests.unit.api.world import World, errors_of
from vision.headquarters import figures
from vision.scene import Vitals
from vision.tally import CameraStatus

HERE = "/v1/cameras/north-camera"
NIGHT = {"hours": {"opens": "22:00", "closes": "06:00", "weekdays": [1, 2]}, "mode": "patrol", "interval_s": 60.0}
Json = dict[str, Any]


async def patch(world: World, sampling: Json | None, version: int = 1) -> Any:
    async with world.person("admin-north") as admin:
        return await admin.patch(HERE, json={"sampling": sampling}, headers={"If-Match": f'"{version}"'})


async def assigned(world: World) -> Json:
    async with world.key("workers") as worker:
        answer = await worker.get("/v1/workers/w1/assignment")
    return next(camera for camera in answer.json()["cameras"] if camera["id"] == "north-camera")


async def test_what_is_patched_reaches_the_worker_and_what_is_not_stays_usual(world: World) -> None:
    before = await assigned(world)
    assert (before["mode"], before["patrol_s"], before["shifts"], before["burst"]) == ("watch", 30.0, [], True)
    assert (await patch(world, {"mode": "patrol", "shifts": [NIGHT]})).status_code == 200
    answer = await patch(world, {"patrol_s": 90}, 2)
    assert answer.json()["sampling"]["shifts"] == [NIGHT]
    now = await assigned(world)
    assert (now["mode"], now["patrol_s"], now["shifts"], now["burst"]) == ("patrol", 90.0, [NIGHT], True)
    assert (await patch(world, None, 3)).json()["sampling"]["mode"] == "watch"


@pytest.mark.parametrize(
    "wrong", [{"mode": "stare"}, {"patrol_s": 1}, {"shifts": [NIGHT] * 17}, {"burst": "perhaps"}, {"rate": 1}]
)
async def test_what_cannot_be_is_refused(world: World, wrong: Json) -> None:
    answer = await patch(world, wrong)
    assert answer.status_code == 422
    assert errors_of(answer)


def told(**changed: Any) -> Json:
    status = CameraStatus(interval_s=2.0, **changed)
    status.tally.codec, status.tally.frame_wh = "hevc", (1920, 1080)
    status.tally.vitals = Vitals(connected=True, luma=101.5)
    status.tally.saw(0.04)
    return {"cameras": [{"camera": "north-camera", "state": "ok", "figures": figures(status)}]}


async def test_a_worker_s_figures_come_back_and_are_counted(world: World) -> None:
    async with world.key("workers") as worker:
        assert (await worker.put("/v1/workers/w1/status", json=told(decodes_fully=True))).status_code == 204
    async with world.person("analyst-north") as analyst:
        state = (await analyst.get(f"{HERE}/status")).json()["state"]
        listed = (await analyst.get(HERE)).json()["state"]
        metrics = (await analyst.get("/metrics")).text
    shown = state["figures"]
    assert (shown["codec"], shown["frame_wh"], shown["decodes_fully"]) == ("hevc", [1920, 1080], True)
    assert (shown["models_ms"], shown["interval_s"], shown["health"]) == (40.0, 2.0, {"luma": 101.5})
    assert "figures" not in listed
    assert 'mingchu_cameras{state="ok"} 1.0' in metrics
    assert "north-camera" not in metrics


async def test_a_camera_of_which_nobody_told_has_no_state(world: World) -> None:
    async with world.person("analyst-north") as analyst:
        assert (await analyst.get(f"{HERE}/status")).json() == {"camera": "north-camera", "state": None}


async def test_newer_workers_may_tell_more_but_no_nonsense(world: World) -> None:
    more, nonsense = told(), told()
    more["cameras"][0]["figures"]["temperature"] = 21
    nonsense["cameras"][0]["figures"]["health"] = {str(number): 0.0 for number in range(17)}
    async with world.key("workers") as worker:
        assert (await worker.put("/v1/workers/w1/status", json=more)).status_code == 204
        assert (await worker.put("/v1/workers/w1/status", json=nonsense)).status_code == 422
