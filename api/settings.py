"""What an operator may set: read once from the environment and a TOML file, then handed on as plain values."""

import os
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, InitSettingsSource, SettingsConfigDict

from api.auth.caller import Role
from vision.errors import ConfigError

CONFIG_VARIABLE = "MINGCHU_CONFIG"

_ORIGIN = re.compile(r"https?://[^/?#\s*]+")


def listed(text: str) -> list[str]:
    """Return the parts of a setting that are separated by commas."""
    return [part.strip() for part in text.split(",") if part.strip()]


def _of_file(known: Iterable[str]) -> dict[str, Any]:
    """Return what the TOML file says; ConfigError when it cannot be read or names what is no setting."""
    place = os.environ.get(CONFIG_VARIABLE, "")
    if not place:
        return {}
    try:
        told = tomllib.loads(Path(place).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(CONFIG_VARIABLE, place, f"a TOML file that can be read ({error})") from error
    names = set(known)
    unknown = sorted(told.keys() - names)
    if unknown:
        raise ConfigError(f"{place}: {unknown[0]}", "…", f"one of {', '.join(sorted(names))}")
    return told


class Settings(BaseSettings):
    """Every `MINGCHU_…` variable that the API reads; only `create_app` and the commands see this object."""

    model_config = SettingsConfigDict(
        env_prefix="MINGCHU_", frozen=True, extra="ignore", use_attribute_docstrings=True, hide_input_in_errors=True
    )

    data_dir: Path = Path("var")
    """Where everything lies that is not put elsewhere: database, objects, spool, keys."""
    database_url: SecretStr = SecretStr("")
    """`sqlite:///…` or `postgresql://…`; empty = DATA_DIR/mingchu.sqlite3."""
    objects: str = ""
    """A folder, or `s3://bucket[/prefix]?endpoint=URL[&region=NAME]`; empty = DATA_DIR/objects."""
    s3_access_key: SecretStr = SecretStr("")
    """Who we are to the object store."""
    s3_secret_key: SecretStr = SecretStr("")
    """And the proof of it."""
    host: str = "127.0.0.1"
    """The address to listen on; `0.0.0.0` = every one, behind a proxy that speaks TLS."""
    port: int = Field(default=8420, ge=0, le=65535)
    """The port to listen on; 0 = any that is free."""
    public_url: str = ""
    """The address that browsers use, when a proxy stands before us; https makes the session cookie Secure."""
    session_h: float = Field(default=12.0, gt=0, le=720)
    """How long a login lasts."""
    code_h: float = Field(default=24.0, gt=0, le=720)
    """How long a first-login code lasts."""
    second_factor_roles: str = ""
    """Roles that need an authenticator app, separated by commas: `admin,supervisor`. Empty = whoever wants."""
    requests_per_min: int = Field(default=6000, ge=0)
    """How many requests one user or key may send to one process, at most; above it 429. 0 = no limit."""
    logins_per_min: int = Field(default=60, ge=0)
    """How many logins one address may try, right or wrong; an office behind one address shares them. 0 = no limit."""
    cors_origins: str = ""
    """Sites whose pages may call the API with a key, separated by commas: `https://dashboard.example`. Cookies never
    go along. Empty = none."""
    trusted_proxies: str = "127.0.0.1"
    """Addresses of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, separated by commas."""
    log_format: Literal["text", "json"] = "text"
    """How `mingchu serve` logs: `text`, or `json` with one object a line. Each names its request's X-Request-Id."""
    log_requests: bool = False
    """Log every answer, not only faults of ours (status 500 and above)."""
    otlp_url: str = ""
    """A collector of OpenTelemetry traces that speaks OTLP over HTTP: `http://127.0.0.1:4318`; empty = none. Needs the
    extra `otel`; what the collector asks for in headers stands in OTEL_EXPORTER_OTLP_HEADERS."""
    otlp_share: float = Field(default=1.0, ge=0, le=1)
    """Which share of the traces is sent; workers read both settings, too."""
    drain_s: float = Field(default=0.0, ge=0, le=300)
    """How long `mingchu serve` goes on after SIGTERM while /readyz answers 503: until load balancers look away."""
    finish_s: int = Field(default=3, ge=0, le=300)
    """How long requests under way may take after that."""
    stream_clients: int = Field(default=512, ge=1)
    """How many SSE clients one process serves."""
    stream_clients_each: int = Field(default=16, ge=1)
    """How many of them one account may be: every open page of the console is one."""
    detect_waiting: int = Field(default=96, ge=1, le=4096)
    """How many pictures may be under way at once in `POST /v1/detect`; the next one is answered 429."""
    detect_batch: int = Field(default=2, ge=1, le=8)
    """How many of them the models look at in one call, at most."""
    video_mib: int = Field(default=512, ge=1, le=65536)
    """How large a film sent to `POST /v1/videos` may be."""
    evidence_key: Path | None = None
    """The Ed25519 key that signs evidence packages, PEM; made at the first start. None = DATA_DIR/keys/evidence.pem.
    API processes on several machines share one."""
    oidc_issuer: str = ""
    """An OpenID provider by which people may log in, `https://login.example.org/city`; empty = none. It redirects
    to PUBLIC_URL/v1/session/organisation/back."""
    oidc_client_id: str = ""
    """Who we are to the provider."""
    oidc_client_secret: SecretStr = SecretStr("")
    """And the proof of it."""
    oidc_name_claim: str = "preferred_username"
    """Which of the provider's claims is the name of an account here, the first time somebody comes; never one that
    people may change there by themselves."""
    secrets_key: SecretStr = SecretStr("")
    """What seals second factors, webhook secrets and camera addresses in the database: 32 bytes in base64 (`mingchu
    secrets new-key`), or several separated by commas, the newest first. Empty = DATA_DIR/keys/secrets.key, made at the
    first start. API processes on several machines share it; back it up apart from the database."""
    tsa_url: str = ""
    """An RFC 3161 time stamping authority that stamps the root of each day; empty = none."""
    paper_font: Path | None = None
    """The font of PDFs: TrueType or OpenType with simplified Chinese; none = that of the machine where there is one."""
    camera_networks: str = ""
    """Networks that are not public and that camera addresses from the API may lead to, separated by commas:
    `192.168.0.0/16,10.0.0.0/8` for kitchens on a private LAN. Empty = public addresses only."""
    webhook_networks: str = ""
    """The same for the addresses of webhooks: `10.20.0.0/16` for receivers on a private network."""
    mqtt_url: str = ""
    """`mqtt://HOST[:PORT]` or `mqtts://HOST[:PORT]`: a broker to which every line of the log is published."""
    mqtt_user: str = ""
    """Who we are to the broker."""
    mqtt_password: SecretStr = SecretStr("")
    """And the proof of it."""
    mqtt_ca: str = ""
    """File with the certificates to trust; empty = the system's."""
    mqtt_prefix: str = "mingchu"
    """How all topics begin; installations that share a broker need different ones."""
    box_mappings: Path | None = None
    """TOML file that says what other vendors' JSON means, for `POST /v1/boxes/{mapping}`; see docs/integrate.md."""
    hold_s: float = Field(default=20.0, ge=15, le=300)
    """How long a process that delivers may be silent before another one takes its webhooks and MQTT over."""
    local_sources: bool = False
    """Camera addresses from the API may name files, demo scenes and devices of the worker's machine."""

    def __init__(self, **values: Any) -> None:
        """Read everything; ConfigError names the first setting that is wrong, and never repeats its value."""
        try:
            super().__init__(**values)
        except ValidationError as error:
            wrong = error.errors(include_input=False)[0]
            name = f"MINGCHU_{'_'.join(map(str, wrong['loc'])).upper()}"
            raise ConfigError(name, "…", wrong["msg"].removeprefix("Value error, ")) from None

    @classmethod
    def settings_customise_sources(  # type: ignore[override]  # of five sources we take two, and pass over the rest
        cls, settings_cls: type[BaseSettings], init_settings: Any, env_settings: Any, **_: Any
    ) -> tuple[Any, ...]:
        """Read the environment first, then the file that MINGCHU_CONFIG names."""
        return init_settings, env_settings, InitSettingsSource(settings_cls, _of_file(cls.model_fields))

    @field_validator("second_factor_roles")
    @classmethod
    def _are_roles(cls, text: str) -> str:
        unknown = [name for name in listed(text) if name not in set(Role)]
        if unknown:
            raise ValueError(f"{unknown[0]!r} is no role; allowed are {', '.join(Role)}")
        return text

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, text: str) -> str:
        wrong = [origin for origin in listed(text) if not _ORIGIN.fullmatch(origin)]
        if wrong:
            raise ValueError(f"{wrong[0]!r} is no origin; write https://host[:port] without a path")
        return text

    @property
    def database(self) -> str:
        """Return the database's address; it may hold a password, so never print it."""
        return self.database_url.get_secret_value() or f"sqlite:///{self.data_dir / 'mingchu.sqlite3'}"

    @property
    def object_place(self) -> str:
        """Return where media are kept: a folder or an s3 address."""
        return self.objects or str(self.data_dir / "objects")
