"""Schemathesis against a running API: as an administrator with a session, and as a program with a key.

By hand, for long:  python -m tests.servers.fuzzing --max-examples 200 [--postgres]
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import httpx
from pydantic import SecretStr

from api.auth.secrets import Passwords
from api.commands import new_stored_key, put_camera, put_site, writing
from api.describing import operations
from api.people import OPERATOR, NewUser, add_person
from api.settings import Settings
from tests.e2e.stack import Stack, eventually
from tests.servers.postgres import running_postgres
from vision.scene import ZoneType

CONFIG = Path(__file__).parent.parent / "contract" / "schemathesis.toml"
PROGRAM = Path(sys.executable).with_name("schemathesis")
PASSWORD = "correct horse battery"
FREE = {"MINGCHU_REQUESTS_PER_MIN": "0", "MINGCHU_LOGINS_PER_MIN": "0"}
"""Haste is what this is about."""
APART = {
    ("delete", "/v1/session"): "it would end the session that asks",
    ("delete", "/v1/session/all/{session_id}"): "the same",
    ("delete", "/v1/users/{user_id}/sessions"): "the same",
    ("get", "/v1/stream"): "it never ends; tests/unit/api/test_stream.py holds it",
}
"""What is not called here, and why; the tests of each are elsewhere."""


def others(document: dict[str, Any], role: str, scopes: Sequence[str]) -> list[str]:
    """Return the ids of the operations that are not this caller's, or that are left out here."""
    found = []
    for path, method, operation in operations(document):
        who = operation["x-mingchu-who"]
        mine = role in who["roles"] or (not role and set(scopes) & set(who["scopes"])) or who["anybody"]
        operation.pop("security", None)  # each request says who calls; schemathesis would try without as well
        if not mine or (method, path) in APART:
            found.append(operation["operationId"])
    return found


def session_of(url: str) -> dict[str, str]:
    """Log in as the administrator and return the headers of the session."""
    answer = httpx.post(f"{url}/v1/session", json={"name": "root", "password": PASSWORD}, timeout=120)
    assert answer.status_code == 200, answer.text
    return {"Cookie": f"mingchu_session={answer.cookies['mingchu_session']}", "X-CSRF-Token": answer.json()["csrf"]}


SCOPES = ["detect", "events:read", "events:write", "sites:read", "sites:write", "workers"]


def founded(stack: Stack) -> tuple[dict[str, str], dict[str, str]]:
    """People a stack and start it; return the headers of an administrator and of a program."""
    url = SecretStr(stack.environment.get("MINGCHU_DATABASE_URL", ""))
    settings = Settings(data_dir=stack.folder, database_url=url)
    with writing(settings) as (connection, now):
        root = NewUser.model_validate({"name": "root", "role": "admin"})
        add_person(connection, root, Passwords().hash(PASSWORD), OPERATOR, now)
        put_site(connection, "kitchen", "Kitchen", now)
        camera = {"id": "wok", "site_id": "kitchen", "name": "Wok", "source": "rtsp://192.0.2.1/wok"}
        put_camera(connection, camera, ZoneType.COOKING, now)
    key = new_stored_key(settings, "fuzzer", SCOPES)
    stack.start("serve", "serve")
    eventually(stack.ready, within_s=180)
    return session_of(stack.url), {"Authorization": f"Bearer {key}"}


def fuzz(stack: Stack, name: str, headers: dict[str, str], *options: str) -> int:
    """Run schemathesis as one caller; its report is NAME.txt in the folder."""
    role = "admin" if name == "admin" else ""
    scopes = () if role else SCOPES
    document = httpx.get(f"{stack.url}/v1/openapi.json", timeout=120).json()
    apart = [part for each in others(document, role, scopes) for part in ("--exclude-operation-id", each)]
    place = stack.folder / f"{name}.json"
    place.write_text(json.dumps(document))
    told = [part for header, value in headers.items() for part in ("-H", f"{header}:{value}")]
    command = [
        PROGRAM,
        "--config-file",
        CONFIG,
        "--no-color",
        "run",
        place,
        "--url",
        stack.url,
        *told,
        *apart,
        *options,
    ]
    with (stack.folder / f"{name}.txt").open("wb") as report:
        return subprocess.run(command, cwd=stack.folder, stdout=report, stderr=report, check=False).returncode


def main() -> int:
    """Fuzz for as long as one likes; 0 when nothing was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--only", choices=("admin", "program"))
    mine, options = parser.parse_known_args()
    with ExitStack() as leaving:
        url = leaving.enter_context(running_postgres(durable=False)).url if mine.postgres else ""
        stack = Stack(Path(mkdtemp()), {**FREE, **({"MINGCHU_DATABASE_URL": url} if url else {})})
        leaving.callback(stack.close)
        callers = dict(zip(("admin", "program"), founded(stack), strict=True))
        failed = 0
        for name, headers in callers.items():
            if mine.only in {None, name}:
                failed |= fuzz(stack, name, headers, *options)
        sys.stdout.write(f"reports and the server's log are in {stack.folder}\n")
    return failed


if __name__ == "__main__":
    sys.exit(main())
