"""Everything that a route may need, built once by `create_app` and handed to routes by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request

from api.addresses import AddressRules
from api.auth.backoff import Backoff
from api.auth.oidc import Provider
from api.auth.pace import Pace
from api.auth.secrets import Passwords
from api.bell import Bell
from api.boxes.mapping import BoxMapping
from api.detecting.films import Films
from api.detecting.service import Detecting
from api.dialling import Dialler
from api.dossier.signing import Signer
from api.listeners import Listeners
from api.metrics import Metrics
from api.notify.mqtt import Publisher
from api.notify.webhook import Webhooks
from api.objects import ObjectStore
from api.papers.printing import Press
from api.probing import Probes
from api.showing import Showcase
from api.store.database import Database
from vision.clock import Clock


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of one running API."""

    database: Database
    objects: ObjectStore
    clock: Clock
    log_bell: Bell
    """Rung when the log has grown."""
    camera_bell: Bell
    """Rung when an assignment may have changed."""
    metrics: Metrics
    passwords: Passwords
    backoff: Backoff
    pace: Pace
    """Of everybody who is known."""
    login_pace: Pace
    """Of addresses that log in, right or wrong."""
    second_factor_roles: frozenset[str]
    """Roles that may do nothing before they have a second factor."""
    addresses: AddressRules
    signer: Signer
    tsa_url: str
    """Of the time stamping authority; empty = none."""
    dialler: Dialler
    """Calls whom webhooks name."""
    webhooks: Webhooks
    publisher: Publisher | None
    """Publishes over MQTT, where a broker is named."""
    mappings: Mapping[str, BoxMapping]
    """What other vendors' JSON means, by name."""
    detecting: Detecting
    films: Films
    probes: Probes
    incoming: Path
    """Folder for uploads that are not complete yet."""
    provider: Provider | None
    """The organisation's own login, where one is named."""
    public_url: str
    session_length: timedelta
    code_length: timedelta
    """How long a first-login code lasts."""
    secure_cookies: bool
    listeners: Listeners
    press: Press
    showcase: Showcase


async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


Wired = Annotated[Services, Depends(_services)]
"""Put this on a route's parameter to get the services."""
