"""`docs/settings.md`, made from the settings themselves, so that it cannot miss one: `python -m api.settings_page`."""

from pathlib import Path
from typing import Any, get_args

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from api.settings import Settings

_HEAD = """# Settings
Made by `python -m api.settings_page > docs/settings.md`; a test holds it to the code. What is not set has its default.

A setting is a variable of the environment (`MINGCHU_PORT=9000`) or a line of the TOML file that `MINGCHU_CONFIG` names
(`port = 9000`); the environment wins. Keep secrets in the environment or in a file that only the service's user reads.
An unknown name in the file, or a wrong value, ends the start with one line that says which.

| variable | TOML | default | what it is |
| --- | --- | --- | --- |
"""
_WORKER = """
Workers (`mingchu work`, `mingchu watch`) read a camera's settings from the API, and these variables of their own;
`mingchu work` reads `MINGCHU_OTLP_URL` and `MINGCHU_OTLP_SHARE`, too:

| variable | what it is |
| --- | --- |
| `MINGCHU_API` | address of the API that a worker works for |
| `MINGCHU_WORKER_KEY` | the worker's key, with the scopes `workers` and `events:write` |
| `MINGCHU_MODELS` | folder of the models, where they are not beside the program |
"""


def page() -> str:
    """Return the whole page."""
    rows = [_row(name, field) for name, field in Settings.model_fields.items()]
    return f"{_HEAD}{''.join(rows)}{_WORKER}"


def _row(name: str, field: FieldInfo) -> str:
    told = " ".join((field.description or "").split())
    bounds = _bounds(field)
    return f"| `MINGCHU_{name.upper()}` | `{name}` | {_default(field)} | {told}{f' ({bounds})' if bounds else ''} |\n"


def _default(field: FieldInfo) -> str:
    value: Any = field.default
    shown = value.get_secret_value() if isinstance(value, SecretStr) else value
    if isinstance(shown, bool):
        return f"`{str(shown).lower()}`"
    return f"`{shown.as_posix() if isinstance(shown, Path) else shown}`" if shown != "" else "empty"


def _bounds(field: FieldInfo) -> str:
    """Return what is allowed, where that is a range or a choice."""
    limits = {
        name: getattr(each, name) for each in field.metadata for name in ("ge", "gt", "le") if hasattr(each, name)
    }
    words = {"ge": "at least", "gt": "more than", "le": "at most"}
    told = [f"{words[name]} {limit:g}" for name, limit in limits.items()]
    choices = [f"`{choice}`" for choice in get_args(field.annotation) if isinstance(choice, str)]
    return ", ".join(told or choices)


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - a page is what this program gives
