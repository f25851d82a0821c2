"""A client for programs of integrators: detection, events in, the log out, pages; needs httpx and nothing else of ours.

with Client("https://kitchens.example", key="mck_…") as mingchu:
look = mingchu.detect(Path("kitchen.jpg"), zone="cooking")
for event in mingchu.follow(after=last_number_that_i_kept):
...
"""

import hashlib
import json
import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self
from uuid import UUID

import httpx

Json = dict[str, Any]
_TYPES = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp", ".bmp": "image/bmp"}
_KEPT = {**_TYPES, ".mp4": "video/mp4", ".mkv": "video/x-matroska", ".json": "application/json"}
_AGAIN = frozenset({429, 502, 503, 504})
_LONGEST_PAUSE_S = 60.0
_MOST, _MOST_BYTES = 100, (1 << 20) - 2
"""Of events in one batch."""
_QUIET_S = 45.0
"""The stream says something every 15 s; a silence of three times that is a dead connection."""


class ClientError(Exception):
    """Whatever goes wrong between this program and Mingchu."""


class UnreachableError(ClientError):
    """No answer after every try; what was asked may have happened, and may be asked again."""


class RefusedError(ClientError):
    """A problem (RFC 9457): Mingchu has understood and says no."""

    def __init__(self, status: int, problem: Json) -> None:
        self.status = status
        self.type = str(problem.get("type", ""))
        self.detail = str(problem.get("detail", ""))
        self.errors: list[dict[str, str]] = list(problem.get("errors", []))
        fields = "; ".join(f"{e.get('field')}={e.get('value')}: {e.get('allowed')}" for e in self.errors)
        super().__init__(f"{status} {self.detail}{f' ({fields})' if fields else ''}")


@dataclass(frozen=True, slots=True)
class LogLine:
    """One CloudEvent of the log."""

    sequence: int
    """Keep it when the event is dealt with, and come back with `after=sequence`: nothing is missed."""
    event: Json


@dataclass(frozen=True, slots=True)
class Media:
    """One piece of evidence as it is stored."""

    url: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of one message of many."""

    new: bool
    """The event was not known before."""
    sequence: int | None
    """Its number in the log; None where it told nothing new or was refused."""
    problem: Json | None
    """Why it was refused (RFC 9457); None where it was not."""


class Client:
    """Talks to one installation with one key; not for several threads at once."""

    def __init__(
        self,
        address: str,
        key: str,
        *,
        tries: int = 5,
        timeout_s: float = 60.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        headers = {"Authorization": f"Bearer {key}", "User-Agent": "mingchu-client"}
        self._http = httpx.Client(base_url=address, headers=headers, timeout=timeout_s)
        self._tries, self._sleep = tries, sleep

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give every connection back."""
        self._http.close()

    # Look

    def detect(self, picture: Path | bytes, *, zone: str = "other", kinds: Iterable[str] = ()) -> Json:
        """Return one look at a picture (JPEG, PNG, WebP, BMP), as `mingchu detect --json` gives it."""
        content, kind = _picture(picture)
        wishes = {"zone": zone, "kinds": list(kinds)}
        return self._json("POST", "/v1/detect", params=wishes, content=content, headers={"Content-Type": kind})

    def detect_many(self, pictures: Iterable[Path | bytes], *, zone: str = "other") -> list[Json]:
        """Return one look, or one `problem`, for each of up to 32 pictures, in their order."""
        sent = [{"image": b64encode(_picture(each)[0]).decode()} for each in pictures]
        body: list[Json] = self._json("POST", "/v1/detect/batch", json={"zone": zone, "pictures": sent})["looks"]
        return body

    # Events in

    def push(self, event: Mapping[str, Any]) -> bool:
        """Tell of one phase of a violation (a CloudEvent); True when it is new. Doing it again changes nothing."""
        answer = self._ask("PUT", f"/v1/events/{event['data']['id']}", json=dict(event))
        return answer.status_code == httpx.codes.CREATED

    def push_many(self, events: Iterable[Mapping[str, Any]]) -> Iterator[Pushed]:
        """Tell of many, in their order, some hundred with each request; yield what became of each, in the same order.

        A message that is refused costs the others nothing and raises nothing: look at `problem`. Doing it again changes
        nothing.
        """
        for content in _batches(events):
            headers = {"Content-Type": "application/cloudevents-batch+json"}
            told = self._json("POST", "/v1/events/batch", content=content, headers=headers)
            for item in told["items"]:
                yield Pushed(item["status"] == httpx.codes.CREATED, item["sequence"], item["problem"])

    def attach(self, event_id: str | UUID, name: str, path: Path) -> Media:
        """Send one piece of evidence of an event: snapshot, annotated, clip, manifest, … Again is harmless."""
        content = path.read_bytes()
        headers = {"Content-Type": _type_of(path, _KEPT), "X-Content-SHA256": hashlib.sha256(content).hexdigest()}
        told = self._json("PUT", f"/v1/events/{event_id}/media/{name}", content=content, headers=headers)
        return Media(told["url"], told["sha256"], told["size_bytes"])

    # Events out

    def pull(self, after: int = 0, limit: int = 200) -> Iterator[LogLine]:
        """Yield every line of the log behind a number, and end when there is none left."""
        while True:
            page = self._json("GET", "/v1/log", params={"after": after, "limit": limit})
            for event in page["items"]:
                yield LogLine(int(event["data"]["sequence"]), event)
            if not page["items"]:
                return
            after = int(page["next"])

    def follow(self, after: int = 0) -> Iterator[LogLine]:
        """Yield every line of the log behind a number and then as it grows, without end.

        A connection that breaks or falls silent is made anew from the last number; only refusals end it.
        """
        failures = 0
        while True:
            try:
                for line in self._streamed(after):
                    after, failures = line.sequence, 0
                    yield line
            except (httpx.TransportError, UnreachableError):
                failures += 1
            self._sleep(min(_LONGEST_PAUSE_S, 0.5 * 2 ** min(failures, 10)))

    def _streamed(self, after: int) -> Iterator[LogLine]:
        timeout = httpx.Timeout(10.0, read=_QUIET_S)
        with self._http.stream("GET", "/v1/stream", params={"after": after}, timeout=timeout) as answer:
            if answer.status_code in _AGAIN:
                raise UnreachableError(f"{answer.status_code} from /v1/stream")
            if answer.status_code != httpx.codes.OK:
                answer.read()
                _refuse(answer)
            yield from _lines_of(answer.iter_lines())

    # Pages

    def pages(self, path: str, **query: Any) -> Iterator[Json]:
        """Yield every item of a paged list, such as `/v1/events`, page by page."""
        cursor = ""
        while cursor is not None:
            page = self._json("GET", path, params={**query, **({"cursor": cursor} if cursor else {})})
            yield from page["items"]
            cursor = page["next"]

    def events(self, **query: Any) -> Iterator[Json]:
        """Yield the events that are wanted: `status`, `kind`, `tier`, `site`, `camera`, `open`, `after`, `before`."""
        return self.pages("/v1/events", **query)

    def cases(self, **query: Any) -> Iterator[Json]:
        """Yield the cases that are wanted: `stage`, `turn`, `overdue`, `site`, `kind` and more."""
        return self.pages("/v1/cases", **query)

    def sites(self, **query: Any) -> Iterator[Json]:
        """Yield the sites that the key sees."""
        return self.pages("/v1/sites", **query)

    # The one way to ask

    def _json(self, method: str, path: str, **parts: Any) -> Json:
        body: Json = self._ask(method, path, **parts).json()
        return body

    def _ask(self, method: str, path: str, **parts: Any) -> httpx.Response:
        """Ask until there is an answer; every call of ours may be repeated.

        Raises:
            RefusedError: the answer is no.
            UnreachableError: there was none, or only that it is too busy, at every try.
        """
        why = ""
        for number in range(self._tries):
            try:
                answer = self._http.request(method, path, **parts)
            except httpx.TransportError as error:
                why, pause_s = type(error).__name__, 0.5 * 2**number
            else:
                if answer.is_success:
                    return answer
                if answer.status_code not in _AGAIN:
                    _refuse(answer)
                why, pause_s = str(answer.status_code), _pause_s(answer, number)
            if number + 1 < self._tries:
                self._sleep(min(_LONGEST_PAUSE_S, pause_s))
        raise UnreachableError(f"{method} {path}: {why} at each of {self._tries} tries")


def _batches(events: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """Write events as JSON arrays that are neither too many nor too long for one request."""
    texts: list[bytes] = []
    for event in events:
        text = json.dumps(event, ensure_ascii=False).encode()
        if texts and (len(texts) == _MOST or sum(map(len, texts)) + len(texts) + len(text) > _MOST_BYTES):
            yield b"[" + b",".join(texts) + b"]"
            texts = []
        texts.append(text)
    if texts:
        yield b"[" + b",".join(texts) + b"]"


def _pause_s(answer: httpx.Response, number: int) -> float:
    told = answer.headers.get("Retry-After", "")
    return float(told) if told.isdecimal() else 0.5 * 2.0**number


def _refuse(answer: httpx.Response) -> NoReturn:
    try:
        problem = answer.json()
    except ValueError:
        problem = {"detail": answer.text[:200]}
    raise RefusedError(answer.status_code, problem if isinstance(problem, dict) else {"detail": str(problem)[:200]})


def _picture(picture: Path | bytes) -> tuple[bytes, str]:
    if isinstance(picture, bytes):
        return picture, _type_of_bytes(picture)
    return picture.read_bytes(), _type_of(picture, _TYPES)


def _type_of(path: Path, types: Mapping[str, str]) -> str:
    try:
        return types[path.suffix.lower()]
    except KeyError:
        raise ValueError(f"{path.name}: a file with one of the endings {', '.join(types)} is allowed") from None


def _type_of_bytes(content: bytes) -> str:
    known = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png", b"RIFF": "image/webp", b"BM": "image/bmp"}
    found = (kind for start, kind in known.items() if content.startswith(start))
    return next(found, "application/octet-stream")


def _lines_of(lines: Iterable[str]) -> Iterator[LogLine]:
    """Parse server-sent events: `id` is the number, `data` one CloudEvent."""
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
            continue
        if "data" in fields and "id" in fields:
            yield LogLine(int(fields["id"]), json.loads(fields["data"]))
        fields = {}
