"""The manifest of a violation whose worker died before its clip was complete: what is missing is said, not hidden."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vision.ports import Outbox, Outgoing
from vision.recording.manifest import Link, ManifestChain, canonical
from vision.recording.staging import Staging
from vision.recording.testimony import SCHEMA, chain_of

DIED = "the worker died before the clip was complete"
FACTS = (
    *("id", "kind", "subject", "started_at", "started_pts_s", "opened_at", "opened_pts_s"),
    *("probability", "model", "rule_version"),
)
"""What a manifest tells of an event as its body tells it."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Notary:
    """What it takes to add a link to a worker's chain."""

    outbox: Outbox
    chain: ManifestChain
    staging: Path


def attest(orphan: Outgoing, notary: Notary) -> None:
    """Put manifest and `updated` of an orphan of `Spool.orphans` into the outbox; does nothing where both left already.

    The packets and the look died with the worker; its pictures lie in the spool or in the store, and their hashes are
    in the orphan's body.

    Raises:
        StorageError: the disk is full; nothing was handed over.
    """
    event: Json = json.loads(orphan.body)
    if "manifest" in event["data"]["evidence"]:
        return
    with Staging(notary.staging, orphan.event_id) as staging:

        def build(link: Link) -> bytes:
            return canonical(_manifest(event["data"], link))

        def deliver(manifest: bytes) -> None:
            stored = staging.add("manifest", manifest, "application/json", blurred=True)
            told = {"url": "", "sha256": stored.sha256, "size_bytes": stored.size_bytes}
            notary.outbox.put(*staging.outgoing(), _updated(event, told | {"blurred": True}))

        notary.chain.append(build, deliver)


def _manifest(data: Json, link: Link) -> Json:
    return {
        "schema": SCHEMA,
        "chain": chain_of(link),
        "event": {**{fact: data[fact] for fact in FACTS}, "zone": data["zone"]["name"]},
        "camera": {"id": data["camera"], "site": data["site"]},
        "models": [],
        "thresholds": None,
        "look": None,
        "clip": None,
        "objects": {role: _object(part) for role, part in data["evidence"].items()},
        "missing": dict.fromkeys(("models", "thresholds", "look", "clip"), DIED),
    }


def _object(part: Json) -> Json:
    return {name: part[name] for name in ("sha256", "size_bytes", "media_type")}


def _updated(event: Json, manifest: Json) -> Outgoing:
    data: Json = event["data"]
    evidence = data["evidence"] | {"manifest": manifest | {"media_type": "application/json"}}
    body = event | {
        "id": f"{data['id']}/updated",
        "type": "cn.mingchu.violation.updated",
        "data": data | {"evidence": evidence},
    }
    return Outgoing(data["id"], "event", "updated", canonical(body))
