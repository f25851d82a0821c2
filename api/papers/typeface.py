"""The letters of a paper: a subset of the machine's Chinese font, embedded; without one, a face that every reader has.

PDF's own Chinese faces need no file, but the reader of the paper must have them; so an embedded font is always better.
Most free Chinese fonts have PostScript outlines (CFF), which our PDF library cannot embed: the few hundred characters
of a paper are drawn anew with quadratic curves, once for each process.
"""

import threading
from collections.abc import Iterable
from io import BytesIO
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTCollection, TTFont, TTLibError

from vision.errors import ConfigError

KNOWN_PLACES = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",  # Debian and Ubuntu: fonts-noto-cjk
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",  # Fedora, openEuler
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",  # Arch
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/System/Library/Fonts/Hiragino Sans GB.ttc",
    "/System/Library/Fonts/STHeiti Light.ttc",
    "C:/Windows/Fonts/msyh.ttc",
    "C:/Windows/Fonts/simsun.ttc",
)
PROBE = "责令改正"
"""A font that lacks one of these is none for us."""
UNKNOWN = "□"
_ERROR = 1.0
"""How far a new curve may be from the old one, in units of the font (there are 1000 or 2048 to the em)."""


def font_file(wanted: Path | None) -> Path | None:
    """Return the font to embed: the one that is wanted, else the first that this machine has; None without any.

    Raises:
        ConfigError: the wanted file is not there.
    """
    if wanted is not None:
        if not wanted.is_file():
            raise ConfigError("MINGCHU_PAPER_FONT", str(wanted), "a TrueType or OpenType file with Chinese letters")
        return wanted
    return next((place for place in map(Path, KNOWN_PLACES) if place.is_file()), None)


class Typeface:
    """One font file, from which small TrueType fonts are cut; thread-safe."""

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            ConfigError: it is no font, or has no Chinese letters.
        """
        self._turn = threading.Lock()
        try:
            self._font = TTFont(_mapped(path), fontNumber=_number(path), lazy=True)
            self._names: dict[int, str] = self._font.getBestCmap() or {}
            self._glyphs = self._font.getGlyphSet()
        except (TTLibError, OSError, ValueError) as error:
            raise ConfigError("MINGCHU_PAPER_FONT", str(path), f"a font ({error})") from error
        if not self.knows(PROBE):
            raise ConfigError("MINGCHU_PAPER_FONT", str(path), "a font with simplified Chinese letters")
        self._drawn: dict[str, tuple[Any, int]] = {}

    def knows(self, text: str) -> bool:
        """Tell whether it has every letter of a text."""
        return all(ord(letter) in self._names for letter in text)

    def printable(self, text: str) -> str:
        """Return the text with a box for each letter that it lacks."""
        return "".join(letter if ord(letter) in self._names else UNKNOWN for letter in text)

    def cut(self, letters: Iterable[str]) -> bytes:
        """Return a TrueType font with these letters, of those that it has."""
        known = {ord(letter): self._names[ord(letter)] for letter in letters if ord(letter) in self._names}
        with self._turn:
            glyphs = {name: self._glyph(name) for name in (".notdef", *known.values())}
        return _built(glyphs, known, self._font["head"].unitsPerEm)

    def _glyph(self, name: str) -> tuple[Any, int]:
        """Return outline and width of one glyph."""
        if name not in self._drawn:
            whole = DecomposingRecordingPen(self._glyphs)
            self._glyphs[name].draw(whole)
            pen = TTGlyphPen(None)
            whole.replay(Cu2QuPen(pen, _ERROR, reverse_direction="CFF " in self._font))
            self._drawn[name] = pen.glyph(), round(self._glyphs[name].width)
        return self._drawn[name]


def _mapped(path: Path) -> mmap:
    """Return the file as memory of which only what is read takes place: a Chinese font has 20 MB."""
    with path.open("rb") as file:
        return mmap(file.fileno(), 0, access=ACCESS_READ)


def _number(path: Path) -> int:
    """Return which face of a collection is the one for simplified Chinese."""
    if path.suffix.lower() not in {".ttc", ".otc"}:
        return -1
    with TTCollection(path, lazy=True) as faces:
        names = [str(face["name"].getDebugName(1)) for face in faces]
    return next((number for number, name in enumerate(names) if name.endswith((" SC", " CN", " GB"))), 0)


def _built(glyphs: dict[str, tuple[Any, int]], letters: dict[int, str], units: int) -> bytes:
    built = FontBuilder(units, isTTF=True)
    built.font.recalcTimestamp = False  # the same paper twice is the same bytes
    built.updateHead(created=0, modified=0)
    built.setupGlyphOrder(list(glyphs))
    built.setupCharacterMap(letters)
    built.setupGlyf({name: outline for name, (outline, _) in glyphs.items()})
    edges = {name: getattr(outline, "xMin", 0) for name, (outline, _) in glyphs.items()}
    built.setupHorizontalMetrics({name: (width, edges[name]) for name, (_, width) in glyphs.items()})
    built.setupHorizontalHeader(ascent=round(0.88 * units), descent=-round(0.12 * units))
    built.setupNameTable({"familyName": "Mingchu", "styleName": "Regular", "psName": "Mingchu-Regular"})
    built.setupOS2(sTypoAscender=round(0.88 * units), sTypoDescender=-round(0.12 * units))
    built.setupPost(keepGlyphNames=False)
    content = BytesIO()
    built.save(content)
    return content.getvalue()
