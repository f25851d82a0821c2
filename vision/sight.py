"""One look with all models: pictures go in, persons, things and what is worn come out, batched across cameras."""

from collections.abc import Sequence
from dataclasses import dataclass

from vision.detections import Detections
from vision.frames import Image, Picture
from vision.people import pair
from vision.picture import picture_of
from vision.ports import Detector, People, WearModel
from vision.scene import Wear
from vision.tracing import span


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What the models say about one picture, before anybody is tracked or judged."""

    people: People
    objects: Detections
    """Everything that is neither a person nor a head."""
    wear: Wear
    """Row i is about person i of `people`."""


class Eyes:
    """The detector and the wear model of one worker, asked together."""

    def __init__(self, detector: Detector, wear: WearModel) -> None:
        self._detector = detector
        self._wear = wear

    @property
    def classes(self) -> tuple[str, ...]:
        """Return what the detector can find."""
        return self._detector.classes

    @property
    def items(self) -> tuple[str, ...]:
        """Return which items of wear can be judged."""
        return self._wear.items

    @property
    def model(self) -> str:
        """Return name@version of every model, joined by +."""
        return "+".join(str(ref) for ref in (self._detector.model, *self._wear.models))

    def see(self, images: Sequence[Image | Picture]) -> list[Sight]:
        """Look at a micro-batch; one `Sight` per picture, in order."""
        with span("look", {"mingchu.pictures": len(images)}):
            pictures = [picture_of(image) for image in images]
            with span("look.detect"):
                found = [pair(detections) for detections in self._detector.detect(pictures)]
            seen = [(picture, people) for picture, (people, _) in zip(pictures, found, strict=True)]
            with span("look.wear"):
                wears = self._wear.judge(seen)
        return [Sight(people, objects, wear) for (people, objects), wear in zip(found, wears, strict=True)]
