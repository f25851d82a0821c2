"""Builds the API from its settings: the one composition root, with everything that must be opened and closed."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.middleware.cors import CORSMiddleware

from api.addresses import WEBHOOKS, AddressRules, parse_networks
from api.auth.backoff import Backoff
from api.auth.oidc import Provider
from api.auth.pace import Pace
from api.auth.secrets import Passwords
from api.bell import Bell
from api.boxes.mapping import load_mappings
from api.console import add_console
from api.cutting import CutOff
from api.describing import DESCRIPTION, describe
from api.detecting.batcher import Limits
from api.detecting.fetching import Fetcher
from api.detecting.figures import new_figures
from api.detecting.films import Films, Studio
from api.detecting.service import Detecting, Models
from api.dialling import Dialler
from api.dossier.keeper import Keeper
from api.dossier.signing import Signer
from api.errors import register_errors
from api.guard import Guarded
from api.insight.scoring import Scorer
from api.listeners import Listeners
from api.methods import Methods
from api.metrics import Measured, Metrics, new_metrics
from api.notify.broker import Place
from api.notify.figures import new_figures as new_notify_figures
from api.notify.mqtt import Publisher, Publishing
from api.notify.webhook import Post, Webhooks, new_hold
from api.opening import open_database, open_objects
from api.papers.printing import Press
from api.probing import Probes
from api.requests import Identified
from api.routing import include_routes
from api.services import Services
from api.settings import Settings, listed
from api.showing import Showcase
from api.store.database import Database
from api.ticker import Ticker
from vision.clock import SystemClock
from vision.tracing import flush_traces

_CORS: dict[str, Any] = {
    "allow_methods": ["GET", "POST", "PUT", "PATCH", "DELETE"],
    "allow_headers": ["Authorization", "Content-Type", "If-Match", "Idempotency-Key", "Last-Event-ID", "X-Request-Id"],
    "expose_headers": ["ETag", "Retry-After", "RateLimit", "RateLimit-Policy", "Deprecation", "Sunset", "X-Request-Id"],
    "allow_credentials": False,
    "max_age": 600,
}
"""Pages of other sites come with a key, never with a cookie: whoever has logged in here is not theirs to send."""


def open_services(settings: Settings) -> Services:
    """Open database and object store and build everything that routes need."""
    incoming = settings.data_dir / "incoming"
    incoming.mkdir(parents=True, exist_ok=True)
    for left in incoming.iterdir():
        left.unlink()
    metrics = new_metrics()
    database = open_database(settings)
    addresses = AddressRules(parse_networks(settings.camera_networks), settings.local_sources)
    detecting = _open_detecting(settings, addresses, metrics)
    post = _open_post(settings, database, metrics)
    return Services(
        database=database,
        objects=open_objects(settings),
        clock=SystemClock(),
        log_bell=post.bell,
        camera_bell=Bell(),
        metrics=metrics,
        passwords=Passwords(),
        backoff=Backoff(database),
        pace=Pace("caller", settings.requests_per_min),
        login_pace=Pace("login", settings.logins_per_min),
        second_factor_roles=frozenset(listed(settings.second_factor_roles)),
        addresses=addresses,
        signer=Signer.at(settings.evidence_key or settings.data_dir / "keys" / "evidence.pem"),
        tsa_url=settings.tsa_url,
        dialler=post.dialler,
        webhooks=Webhooks(post),
        publisher=_open_publisher(settings, post),
        mappings=load_mappings(settings.box_mappings),
        detecting=detecting,
        films=_open_films(settings, detecting),
        probes=Probes(addresses, settings.data_dir / "demo"),
        incoming=incoming,
        provider=_open_provider(settings),
        public_url=settings.public_url.rstrip("/"),
        session_length=timedelta(hours=settings.session_h),
        code_length=timedelta(hours=settings.code_h),
        secure_cookies=settings.public_url.startswith("https://"),
        listeners=Listeners(settings.stream_clients, settings.stream_clients_each),
        press=Press(settings.paper_font),
        showcase=Showcase(),
    )


def _open_provider(settings: Settings) -> Provider | None:
    """Return the organisation's own login; None where none is named."""
    if not settings.oidc_issuer:
        return None
    secret = settings.oidc_client_secret.get_secret_value()
    return Provider(settings.oidc_issuer, settings.oidc_client_id, secret, settings.oidc_name_claim)


def _open_post(settings: Settings, database: Database, metrics: Metrics) -> Post:
    """Open what it takes to tell others what the log says."""
    rules = AddressRules(parse_networks(settings.webhook_networks, WEBHOOKS), setting=WEBHOOKS)
    figures, hold = new_notify_figures(metrics.registry), new_hold(settings.hold_s)
    return Post(database, SystemClock(), Bell(), Dialler(rules), figures, hold)


def _open_publisher(settings: Settings, post: Post) -> Publisher | None:
    """Return who publishes the log over MQTT; None where no broker is named."""
    if not settings.mqtt_url:
        return None
    login = settings.mqtt_user, settings.mqtt_password.get_secret_value()
    place = Place.parse("MINGCHU_MQTT_URL", settings.mqtt_url, login, settings.mqtt_ca)
    return Publisher(post, Publishing(place, settings.mqtt_prefix))


def _open_detecting(settings: Settings, addresses: AddressRules, metrics: Metrics) -> Detecting:
    limits = Limits(settings.detect_waiting, settings.detect_batch)
    return Detecting(Models(), Fetcher(addresses), new_figures(metrics.registry), limits)


def _open_films(settings: Settings, detecting: Detecting) -> Films:
    most_bytes = settings.video_mib << 20
    studio = Studio(detecting.models, detecting.fetcher, detecting.figures, SystemClock(), most_bytes)
    return Films(settings.data_dir / "videos", studio)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    services: Services = app.state.services
    bells = (services.log_bell, services.camera_bell)
    for bell in bells:
        bell.attach(asyncio.get_running_loop())
    ticker, scorer, keeper = Ticker(services), Scorer(services), Keeper(services)
    ticker.start()
    keeper.start()
    telling = [asyncio.create_task(each.run()) for each in _tellers(services)]
    scorer.start()
    yield
    for bell in bells:
        bell.silence()
        bell.detach()
    for task in telling:
        task.cancel()
    await asyncio.gather(*telling, return_exceptions=True)
    await asyncio.to_thread(ticker.stop)
    await asyncio.to_thread(keeper.stop)
    for teller in _tellers(services):
        teller.close()
    await asyncio.to_thread(scorer.stop)
    services.films.close()
    services.probes.close()
    services.detecting.close()
    services.database.close()
    await asyncio.to_thread(flush_traces)


def _tellers(services: Services) -> Sequence[Webhooks | Publisher]:
    return (services.webhooks, services.publisher) if services.publisher else (services.webhooks,)


def _is_probe(scope: Mapping[str, Any]) -> bool:
    """Tell whether a machine asks every few seconds: nobody looks for such a request."""
    return scope.get("path") in {"/healthz", "/readyz", "/metrics"}


_TRACES: TelemetryConfig = {
    "metrics": False,  # /metrics has them
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,  # vision.tracing decides, and hides what addresses say
    "exclude": _is_probe,
}


def create_app(settings: Settings) -> FastAPI:
    """Return the whole API; nothing is opened before it starts."""
    app = FastAPI(
        title="Mingchu 明厨",
        description=DESCRIPTION,
        version="0.1.0",
        lifespan=_lifespan,
        docs_url="/v1/docs",
        openapi_url="/v1/openapi.json",
        redoc_url=None,
        telemetry=_TRACES,
    )
    describe(app)
    app.state.services = open_services(settings)
    register_errors(app)
    include_routes(app)
    app.state.methods = Methods(app)
    add_console(app)
    if settings.cors_origins:
        app.add_middleware(CORSMiddleware, allow_origins=listed(settings.cors_origins), **_CORS)
    app.add_middleware(CutOff)
    app.add_middleware(Guarded, https=settings.public_url.startswith("https://"))
    app.add_middleware(Measured, metrics=app.state.services.metrics)
    app.add_middleware(Identified, log_all=settings.log_requests)
    return app
