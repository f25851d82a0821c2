"""`mingchu evidence`: checks a package without any server, and tells which key signs ours."""

from pathlib import Path
from typing import Annotated

import typer

from api.dossier.signing import Signer
from api.dossier.verifying import verify as judged
from api.settings import Settings
from api.shell import out
from vision.errors import InvalidInputError

evidence_app = typer.Typer(no_args_is_help=True, help="Evidence packages: check one, show the key that signs ours.")


@evidence_app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="A package, as POST /v1/cases/{id}/evidence gave it.")],
    fingerprint: Annotated[str, typer.Option(help="Of the key that must have signed it, as its owner publishes.")] = "",
) -> None:
    """Check hashes, chain and signature of a package, offline; exit 1 when anything was changed, and name it."""
    try:
        verdict = judged(file, fingerprint)
    except OSError as error:
        raise InvalidInputError("FILE", str(file), f"a file that can be read ({error.strerror})") from None
    for line in verdict.problems:
        out.print(line)
    if verdict.about:
        out.print(f"{verdict.about}; key {verdict.fingerprint}")
    if not fingerprint and verdict.fingerprint:
        out.print("whose key that is, its owner must say: compare it with what they publish, or give --fingerprint")
    out.print(f"{len(verdict.problems)} finding(s)" if verdict.problems else "nothing was changed")
    raise typer.Exit(1 if verdict.problems else 0)


@evidence_app.command()
def key() -> None:
    """Show the public key of this installation and its fingerprint; the key is made where there is none."""
    settings = Settings()
    signer = Signer.at(settings.evidence_key or settings.data_dir / "keys" / "evidence.pem")
    out.print(signer.public_pem.rstrip())
    out.print(f"fingerprint: {signer.fingerprint}")
