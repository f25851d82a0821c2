"""The command line `mingchu`: parses, calls one composition function per command, and turns our errors into one line.

`vision` never imports `api`; the API's commands (`serve`, `run`, `user`, …) register themselves through the entry-point
group `mingchu.commands`.
"""

import logging
import sys
from importlib.metadata import entry_points

import typer
from rich.console import Console

from vision.commands.datasets import dataset_app
from vision.commands.detect import detect
from vision.commands.models import model_app
from vision.commands.watch import watch
from vision.commands.work import work
from vision.errors import MingchuError

BAD_INPUT = 2
"""Exit code for every problem that the caller can mend."""


OURS = {"watch", "detect", "work", "model", "dataset"}
"""Commands of `vision`: whoever calls one does not wait for the API to be imported, which takes seconds."""


def build_app(wanted: str = "") -> typer.Typer:
    """Return the whole command line, the API's commands included where they are installed and may be wanted."""
    app = typer.Typer(
        name="mingchu",
        help="明厨 Mingchu: watches kitchen cameras, keeps evidence, walks each confirmed violation to a closed case.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    app.command()(watch)
    app.command()(detect)
    app.command()(work)
    app.add_typer(model_app, name="model")
    app.add_typer(dataset_app, name="dataset")
    for point in () if wanted in OURS else sorted(entry_points(group="mingchu.commands"), key=lambda each: each.name):
        point.load()(app)
    return app


def main() -> None:
    """Run the command line; exit 2 with one clear line when the input is wrong."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr)
    for chatty in ("httpx", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    try:
        build_app(*sys.argv[1:2])()
    except MingchuError as error:
        Console(stderr=True, soft_wrap=True, highlight=False, markup=False).print(f"mingchu: {error}")
        sys.exit(BAD_INPUT)


if __name__ == "__main__":
    main()
