"""A browser for journeys: who is logged in, in which language and size, and what must never be seen on any page."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page

from tests.e2e.town import PASSWORD, Town

AXE = Path(__file__).resolve().parents[2] / "api" / "web" / "node_modules" / "axe-core" / "axe.min.js"
DESK, PHONE = (1440, 900), (390, 844)
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
GRAVE = ("serious", "critical")


@dataclass
class Visit:
    """One person in one browser."""

    page: Page
    context: BrowserContext
    url: str
    asked: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))

    def go(self, path: str) -> None:
        self.page.goto(f"{self.url}{path}")

    def barriers(self) -> list[str]:
        """Return what keeps people out of this page (axe: serious and critical)."""
        self.page.evaluate(AXE.read_text())
        found: dict[str, Any] = self.page.evaluate(
            "tags => axe.run(document, { runOnly: { type: 'tag', values: tags } })", TAGS
        )
        return [
            f"{each['id']}: {each['nodes'][0]['html'][:160]}" for each in found["violations"] if each["impact"] in GRAVE
        ]


@contextmanager
def visiting(
    browser: Browser, town: Town, who: str, size: tuple[int, int] = DESK, *, theme: str = "light", **more: Any
) -> Iterator[Visit]:
    """Log somebody in and hand over a page; afterwards no error was thrown and no other host was asked."""
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height}, locale="zh-CN", color_scheme=theme, **more
    )
    visit = Visit(context.new_page(), context, town.stack.url)
    answer = context.request.post(f"{town.stack.url}/v1/session", data={"name": who, "password": PASSWORD})
    assert answer.ok, answer.text()
    yield visit
    context.close()
    assert visit.troubles == []
    foreign = {urlsplit(url).hostname for url in visit.asked if not url.startswith(("data:", "blob:"))}
    assert foreign <= {"127.0.0.1"}, "the console asked another host"
