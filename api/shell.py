"""What every administration command needs: one transaction, a terminal, and input checked like the API's."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import typer
from pydantic import BaseModel, ValidationError
from rich.console import Console
from sqlalchemy import Connection

from api.opening import open_database
from api.settings import Settings
from vision.errors import InvalidInputError

Model = TypeVar("Model", bound=BaseModel)
out = Console(highlight=False, soft_wrap=True, markup=False)


@contextmanager
def writing(settings: Settings | None = None) -> Iterator[tuple[Connection, datetime]]:
    """Give one transaction on the configured database, and the present instant."""
    database = open_database(settings or Settings())
    try:
        with database.write() as connection:
            yield connection, datetime.now(UTC)
    finally:
        database.close()


def checked(model: type[Model], values: Mapping[str, Any]) -> Model:
    """Return the values as the API would take them; InvalidInputError names the first wrong one."""
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "value"
        raise InvalidInputError(field, first["input"], str(first["msg"])) from None


def asked_password() -> str:
    """Return a new password, asked for twice on a terminal, else the first line of standard input; never from argv."""
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")
