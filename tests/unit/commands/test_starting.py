"""What starting a command costs: one of ours never imports the API, one of the API's is there."""

import subprocess
import sys

import pytest

from vision.main import OURS, build_app

PROGRAM = "import sys; from vision.main import build_app; build_app('{}'); print('api' in sys.modules)"


@pytest.mark.parametrize(("wanted", "imports_api"), [("watch", False), ("site", True), ("--help", True)])
def test_the_api_is_imported_only_where_its_commands_may_be_wanted(wanted: str, imports_api: bool) -> None:  # noqa: FBT001
    told = subprocess.run([sys.executable, "-c", PROGRAM.format(wanted)], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == str(imports_api)


def test_what_is_called_ours_is_all_of_vision_s_commands() -> None:
    app = build_app("watch")
    commands = {command.callback.__name__ for command in app.registered_commands if command.callback}
    assert commands | {str(group.name) for group in app.registered_groups} == OURS
