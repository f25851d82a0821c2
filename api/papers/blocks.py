"""What a paper is made of: plain values, so that whoever writes one knows nothing of fonts, pages and PDF."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

Row: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of a part."""

    text: str


@dataclass(frozen=True, slots=True)
class Words:
    """Paragraphs; each line of the text is one."""

    text: str
    look: Literal["plain", "small", "strong"] = "plain"


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and what they are, two columns without lines."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; its head is repeated on every page that it runs over."""

    head: Row
    rows: tuple[Row, ...]
    """Each as long as `head`."""
    shares: tuple[float, ...] = ()
    """Widths of the columns, in any unit; empty = all alike."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture and what it shows."""

    content: bytes
    """JPEG or PNG."""
    caption: str


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures side by side."""

    all: tuple[Picture, ...]
    columns: int = 2


@dataclass(frozen=True, slots=True)
class NewPage:
    """What follows begins on a page of its own."""


Block: TypeAlias = Heading | Words | Facts | Grid | Pictures | NewPage


@dataclass(frozen=True, slots=True)
class Paper:
    """A whole document of A4 pages."""

    title: str
    blocks: tuple[Block, ...]
    footer: str = ""
    """On every page, beside its number."""

    def texts(self) -> Iterator[str]:
        """Yield every text in it, in no particular order: a font needs to know its characters."""
        yield from (self.title, self.footer)
        for block in self.blocks:
            yield from _texts(block)


def _texts(block: Block) -> Iterator[str]:
    match block:
        case Heading(text) | Words(text):
            yield text
        case Facts(rows):
            yield from (text for row in rows for text in row)
        case Grid(head, rows):
            yield from (text for row in (head, *rows) for text in row)
        case Pictures(pictures):
            yield from (picture.caption for picture in pictures)
