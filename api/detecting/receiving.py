"""Takes pictures out of a request, whatever form they came in: bounded in bytes and time before anything reads them."""

import asyncio
import base64
import binascii
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Self, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from api.detecting.bodies import MOST_PICTURES, BatchBody, DetectBody, PictureRef, Wishes
from api.detecting.budget import Budget
from api.errors import ProblemError
from vision.errors import InvalidInputError

MOST_BODY_BYTES = 48 << 20
RECEIVE_S = 30.0
Sink = Callable[[bytes], Awaitable[None]]
"""Takes one chunk."""
PICTURE_TYPES = ("image/jpeg", "image/png", "image/webp", "image/bmp", "application/octet-stream")
_TYPES = f"application/json, multipart/form-data, {', '.join(PICTURE_TYPES)}"
Model = TypeVar("Model", bound=BaseModel)
T = TypeVar("T")
PictureSource = bytes | str
"""The file itself, or the URL where it is."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What a request asked for."""

    pictures: list[PictureSource] = field(repr=False)
    wishes: Wishes


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much may come in, and how long it may take."""

    most_bytes: int
    within_s: float


class Held:
    """Counts against a budget what one request holds, until the block ends."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._amount = 0

    def take(self, amount: int) -> None:
        """Hold more; raises BusyError where that would be too much for all together."""
        self._budget.take(amount)
        self._amount += amount

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._budget.give(self._amount)


class TooLargeError(ProblemError):
    """More bytes than we take."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class CallerLeftError(ProblemError):
    """The caller hung up; nobody reads this."""


def media_type(request: Request) -> str:
    """Return the type of a request's body without its parameters."""
    return request.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def wrong_type(allowed: str = _TYPES) -> ProblemError:
    """Return the refusal of a body's type."""
    return ProblemError(f"send one of these as Content-Type: {allowed}", status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE)


async def pour(request: Request, bounds: Bounds, sink: Sink) -> None:
    """Hand a body on chunk by chunk; ProblemError 413 and 408 where it exceeds the bounds."""
    told = request.headers.get("Content-Length", "")
    size = int(told) if told.isdecimal() else 0
    _require_fitting(size, bounds)
    size = 0
    try:
        async with asyncio.timeout(bounds.within_s):
            async for chunk in request.stream():
                size += len(chunk)
                _require_fitting(size, bounds)
                await sink(chunk)
    except TimeoutError:
        detail = f"the body did not arrive within {bounds.within_s:g} s"
        raise ProblemError(detail, status=HTTPStatus.REQUEST_TIMEOUT) from None
    except ClientDisconnect:
        raise CallerLeftError("the caller hung up") from None


def _require_fitting(size_bytes: int, bounds: Bounds) -> None:
    if size_bytes > bounds.most_bytes:
        raise TooLargeError(f"a body may have {bounds.most_bytes} bytes")


class Gathered:
    """A sink that keeps everything, counted against a budget."""

    def __init__(self, held: Held) -> None:
        self._held = held
        self._parts: list[bytes] = []

    async def __call__(self, chunk: bytes) -> None:
        """Keep one chunk."""
        self._held.take(len(chunk))
        self._parts.append(chunk)

    def whole(self) -> bytes:
        """Return all that came."""
        return b"".join(self._parts)


async def body_of(request: Request, held: Held, most_bytes: int = MOST_BODY_BYTES) -> bytes:
    """Return a whole body of at most so many bytes, which must arrive within `RECEIVE_S`."""
    gathered = Gathered(held)
    await pour(request, Bounds(most_bytes, RECEIVE_S), gathered)
    return gathered.whole()


async def picture_of(request: Request, wishes: Wishes, held: Held) -> Sent:
    """Return the one picture of a request and how it shall be looked at."""
    kind = media_type(request)
    if kind in PICTURE_TYPES:
        return Sent([await body_of(request, held)], wishes)
    if is_json(kind):
        sent = checked(DetectBody, await body_of(request, held))
        return Sent([source_of(sent)], wishes.overridden(sent))
    found = await _from_form(request, wishes, held)
    if len(found.pictures) != 1:
        raise InvalidInputError("picture", f"{len(found.pictures)} files", "one file; several go to /v1/detect/batch")
    return found


async def pictures_of(request: Request, wishes: Wishes, held: Held) -> Sent:
    """Return the pictures of a batch and how they shall be looked at."""
    if is_json(media_type(request)):
        batch = checked(BatchBody, await body_of(request, held))
        return Sent([source_of(each) for each in batch.pictures], wishes.overridden(batch))
    found = await _from_form(request, wishes, held)
    if not found.pictures:
        raise InvalidInputError("picture", "no file", f"1 to {MOST_PICTURES} files")
    return found


def is_json(kind: str) -> bool:
    """Tell whether a media type is JSON."""
    return kind == "application/json" or kind.endswith("+json")


def checked(model: type[Model], content: bytes) -> Model:
    """Return JSON as a model; RequestValidationError names each wrong field, never a value that may be megabytes."""
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        told = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError([{**each, "input": "what was sent"} for each in told]) from None


def source_of(ref: PictureRef) -> PictureSource:
    """Return the bytes or the URL of a picture; InvalidInputError when it is no base64."""
    return ref.url or decoded_base64(ref.image)


def decoded_base64(text: str) -> bytes:
    """Return the bytes of base64 text, with or without a data URL's head and line breaks."""
    head, comma, tail = text.partition(",") if text.startswith("data:") else ("", "", text)
    try:
        return base64.b64decode("".join(tail.split()), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInputError("image", f"{head}{comma}{tail[:16]}", "a picture file in base64") from None


async def _from_form(request: Request, wishes: Wishes, held: Held) -> Sent:
    form = await form_of(request, held)
    files = [await part.read() for _, part in form.multi_items() if isinstance(part, UploadFile)]
    await form.close()
    told: dict[str, Any] = {name: form[name] for name in form if isinstance(form[name], str)}
    if "kinds" in told:
        told["kinds"] = [kind for kind in form.getlist("kinds") if isinstance(kind, str)]
    try:
        spelled = Wishes.model_validate(told)
    except ValidationError as error:
        raise RequestValidationError(error.errors(include_url=False, include_context=False)) from None
    return Sent([*files], wishes.overridden(spelled))


async def form_of(request: Request, held: Held, most_bytes: int = MOST_BODY_BYTES) -> FormData:
    """Return the parts of a multipart body, the files in memory."""
    if media_type(request) != "multipart/form-data":
        raise wrong_type()
    content = await body_of(request, held, most_bytes)
    held.take(len(content))  # the parts are copies
    parser = _InMemory(request.headers, _once(content), max_files=MOST_PICTURES, max_fields=64, max_part_size=4096)
    try:
        return await parser.parse()
    except MultiPartException as error:
        raise InvalidInputError("body", error.message, "multipart/form-data that is whole") from None


class _InMemory(MultiPartParser):
    spool_max_size = MOST_BODY_BYTES


async def _once(content: bytes) -> AsyncGenerator[bytes, None]:
    yield content


async def unless_gone(request: Request, answer: Coroutine[Any, Any, T]) -> T:
    """Return what a coroutine returns; cancel it when the caller hangs up. The body must have been read."""
    work, gone = asyncio.ensure_future(answer), asyncio.ensure_future(_hang_up(request))
    try:
        await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            raise CallerLeftError("the caller hung up")
        return work.result()
    finally:
        work.cancel()
        gone.cancel()
        await asyncio.wait({work, gone})


async def _hang_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
