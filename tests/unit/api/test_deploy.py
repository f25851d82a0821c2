"""What cannot run here (Docker, Kubernetes, systemd) is held to what it names: settings, commands, files."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from api.settings import CONFIG_VARIABLE, Settings
from tests.unit.api.world import World
from vision.main import build_app

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
OF_WORKERS = {"MINGCHU_API", "MINGCHU_WORKER_KEY", "MINGCHU_MODELS"}
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
OBJECTS = list(yaml.safe_load_all((DEPLOY / "kubernetes" / "mingchu.yaml").read_text("utf-8")))


def texts() -> list[Path]:
    return sorted(path for path in DEPLOY.rglob("*") if path.is_file())


@pytest.mark.parametrize("path", texts(), ids=lambda path: path.name)
def test_every_variable_is_a_setting(path: Path) -> None:
    known = {f"MINGCHU_{name.upper()}" for name in Settings.model_fields} | OF_WORKERS | {CONFIG_VARIABLE}
    assert set(re.findall(r"\bMINGCHU_[A-Z0-9_]+", path.read_text("utf-8"))) <= known


@pytest.mark.parametrize("path", texts(), ids=lambda path: path.name)
def test_every_command_exists(path: Path) -> None:
    commands = set(get_command(build_app()).commands)  # type: ignore[attr-defined]
    named = re.findall(r"(?:bin/mingchu|exec api mingchu) ([a-z]+)", path.read_text("utf-8"))
    assert set(named) <= commands


def instructions() -> list[tuple[str, str]]:
    text = re.sub(r"^#.*\n", "", (DEPLOY / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE).replace("\\\n", " ")
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line.strip()]
    return [(name, rest) for name, rest in lines]


def test_the_image_copies_what_there_is_and_runs_as_nobody_special() -> None:
    told = instructions()
    last = max(number for number, (name, _) in enumerate(told) if name == "FROM")
    for name, rest in told:
        if name == "COPY" and not rest.startswith("--from"):
            missing = [part for part in rest.split()[:-1] if not (ROOT / part).exists()]
            assert missing == []
    assert [rest for name, rest in told[last:] if name == "USER"] == ["10001"]
    assert all(":" in rest.split()[0] and "latest" not in rest for name, rest in told if name == "FROM")
    assert not {name for name, _ in told} & {"ADD", "MAINTAINER"}
    assert ("CMD", '["serve"]') in told


def test_the_image_leaves_out_what_it_does_not_need() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert lines[0] == "*", "nothing goes along that is not named: no .git, no var, no .env"
    named = {line.removeprefix("!") for line in lines if line.startswith("!")}
    copied = {
        part for name, rest in instructions() if name == "COPY" and "--from" not in rest for part in rest.split()[:-1]
    }
    assert copied == named


def test_compose_services_wait_for_each_other_and_hold_no_secret() -> None:
    services = COMPOSE["services"]
    for name, service in services.items():
        assert set(service.get("depends_on", {})) <= services.keys(), name
        for mount in service.get("volumes", []):
            assert mount.partition(":")[0] in COMPOSE["volumes"]
        assert ":" in service["image"] or "build" in service
        for variable, value in (service.get("environment") or {}).items():
            if "PASSWORD" in variable or "SECRET" in variable or variable.endswith("_KEY"):
                assert str(value).startswith("${") or value == "mingchu", (name, variable)
    assert all(port.startswith("127.0.0.1:") for port in services["api"]["ports"])


def workloads() -> list[dict[str, Any]]:
    return [each for each in OBJECTS if each["kind"] in {"Deployment", "StatefulSet"}]


@pytest.mark.parametrize("workload", workloads(), ids=lambda each: each["metadata"]["name"])
def test_workloads_select_their_pods_and_have_no_rights(workload: dict[str, Any]) -> None:
    pod = workload["spec"]["template"]
    assert workload["spec"]["selector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
    assert pod["spec"]["securityContext"]["runAsNonRoot"]
    claimed = {each["metadata"]["name"] for each in workload["spec"].get("volumeClaimTemplates", [])}
    volumes = {each["name"] for each in pod["spec"]["volumes"]} | claimed
    for container in pod["spec"]["containers"]:
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert not container["securityContext"]["allowPrivilegeEscalation"]
        assert {mount["name"] for mount in container["volumeMounts"]} == volumes
        assert "memory" in container["resources"]["limits"]


def test_probes_ask_what_there_is_and_the_drain_fits_into_the_grace(founded: World) -> None:
    known = founded.app.openapi()["paths"]
    api = next(each for each in workloads() if each["metadata"]["name"] == "mingchu-api")["spec"]["template"]
    container = api["spec"]["containers"][0]
    probes = [container[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "liveness", "readiness")]
    assert probes == ["/healthz", "/healthz", "/readyz"]
    assert {*probes, api["metadata"]["annotations"]["prometheus.io/path"]} <= known.keys()
    told = next(each for each in OBJECTS if each["kind"] == "ConfigMap")["data"]
    leaving_s = float(told["MINGCHU_DRAIN_S"]) + float(told["MINGCHU_FINISH_S"])
    assert leaving_s < api["spec"]["terminationGracePeriodSeconds"]
    assert float(told["MINGCHU_DRAIN_S"]) > container["readinessProbe"]["periodSeconds"]


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_units_are_confined(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    assert {"DynamicUser=yes", "ProtectSystem=strict", "NoNewPrivileges=yes"} <= set(lines)
    command = next(line for line in lines if line.startswith("ExecStart=")).removeprefix("ExecStart=")
    assert shlex.split(command)[0].startswith("/")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="wants systemd-analyze")
def test_systemd_understands_its_units() -> None:
    command = ["systemd-analyze", "verify", *map(str, sorted((DEPLOY / "systemd").iterdir()))]
    said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60).stderr.splitlines()
    assert [
        line for line in said if "/opt/mingchu/bin/mingchu is not executable" not in line and "mingchu" in line
    ] == []
