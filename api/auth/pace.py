"""How fast one caller may ask: a bucket of tokens for each, filled at a steady rate and bounded in number."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from http import HTTPStatus

from api.errors import ProblemError

_REMEMBERED = 20_000
_BURST_S = 10.0
"""A bucket holds what ten seconds bring: a page of the console asks for many things at once."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at_s: float


class Pace:
    """Buckets of callers; pure but for its lock, time is an argument. `per_min` 0 = no limit."""

    def __init__(self, name: str, per_min: int) -> None:
        self._name, self._rate = name, per_min / 60
        self._size = max(1.0, self._rate * _BURST_S)
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, caller: str, now_s: float) -> None:
        """Take a token of this caller's; ProblemError 429 with Retry-After when there is none."""
        wait_s = self.wait_s(caller, now_s) if self._rate else 0.0
        if wait_s <= 0:
            return
        seconds = int(wait_s) + 1
        quota = f'"{self._name}";q={int(self._size)};w={int(self._size / self._rate)}'
        headers = {
            "Retry-After": str(seconds),
            "RateLimit-Policy": quota,
            "RateLimit": f'"{self._name}";r=0;t={seconds}',
        }
        detail = f"too many requests from you; ask again in {seconds} s"
        raise ProblemError(detail, status=HTTPStatus.TOO_MANY_REQUESTS, headers=headers, kind="rate-limited")

    def wait_s(self, caller: str, now_s: float) -> float:
        """Take a token and return 0, or take none and return the seconds until there is one."""
        with self._lock:
            bucket = self._buckets.pop(caller, None) or _Bucket(self._size, now_s)
            gained = max(0.0, now_s - bucket.at_s) * self._rate
            bucket.tokens, bucket.at_s = min(self._size, bucket.tokens + gained), now_s
            self._buckets[caller] = bucket
            if len(self._buckets) > _REMEMBERED:
                self._buckets.popitem(last=False)
            if bucket.tokens >= 1:
                bucket.tokens -= 1
                return 0.0
            return (1 - bucket.tokens) / self._rate
