"""Four ways to write reviewed events down: COCO, YOLO, CVAT for images 1.1, Label Studio.

In all of them a confirmed event is a box of its kind, a confirmed negative is a picture that says so, and a doubt is a
box that must be ignored (COCO: ``iscrowd``; YOLO knows no such thing, so doubts are left out there).
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from vision.reviewed.event import Reviewed

Files = Mapping[str, str]
"""Path inside the export -> text."""
PICTURES: Final = "images"


def kinds_of(events: Sequence[Reviewed]) -> list[str]:
    """Return the kinds, in the order of their numbers in every format."""
    return sorted({event.kind for event in events})


def coco(events: Sequence[Reviewed]) -> Files:
    """Return one ``annotations.json`` (cocodataset.org, Data format)."""
    kinds = kinds_of(events)
    images = [
        {"id": i, "file_name": f"{PICTURES}/{event.file}", "width": event.wh[0], "height": event.wh[1],
         "verdict": event.verdict, "negatives": [event.kind] if event.negative else [],
         "event": {"kind": event.kind, "reason": event.reason, "bbox": _xywh(event)}}
        for i, event in enumerate(events, 1)
    ]  # fmt: skip
    boxes = [
        {"id": i, "image_id": i, "category_id": kinds.index(event.kind) + 1, "bbox": _xywh(event),
         "area": _xywh(event)[2] * _xywh(event)[3], "iscrowd": int(event.verdict == "unsure")}
        for i, event in enumerate(events, 1)
        if event.verdict != "dismissed"
    ]  # fmt: skip
    categories = [{"id": i, "name": kind} for i, kind in enumerate(kinds, 1)]
    told = {"images": images, "annotations": boxes, "categories": categories}
    return {"annotations.json": json.dumps(told, indent=1)}


def yolo(events: Sequence[Reviewed]) -> Files:
    """Return ``data.yaml`` and a label file per picture; an empty one is a negative (docs.ultralytics.com, Detect)."""
    kinds = kinds_of(events)
    names = "".join(f"  {i}: {kind}\n" for i, kind in enumerate(kinds))
    files = {"data.yaml": f"path: .\ntrain: {PICTURES}\nval: {PICTURES}\nnames:\n{names}"}
    for event in events:
        if event.verdict == "confirmed":
            files[f"labels/{event.id}.txt"] = f"{kinds.index(event.kind)} {_shares(event)}\n"
        elif event.negative:
            files[f"labels/{event.id}.txt"] = ""
    return files


def cvat(events: Sequence[Reviewed]) -> Files:
    """Return ``annotations.xml`` (CVAT for images 1.1)."""
    root = Element("annotations")
    SubElement(root, "version").text = "1.1"
    for i, event in enumerate(events):
        width, height = (str(side) for side in event.wh)
        image = SubElement(root, "image", id=str(i), name=f"{PICTURES}/{event.file}", width=width, height=height)
        SubElement(image, "tag", label=event.verdict, source="manual")
        if event.verdict != "dismissed":
            corners = dict(zip(("xtl", "ytl", "xbr", "ybr"), (f"{side:.2f}" for side in event.xyxy), strict=True))
            box = SubElement(image, "box", {"label": event.kind, "occluded": "0", "source": "manual", **corners})
            SubElement(box, "attribute", name="verdict").text = event.verdict
    indent(root)
    return {"annotations.xml": tostring(root, "unicode", xml_declaration=True) + "\n"}


def label_studio(events: Sequence[Reviewed]) -> Files:
    """Return ``tasks.json`` with rectangles in percent (labelstud.io, JSON format) and the labelling configuration."""
    tasks = [
        {"data": {"image": f"/data/local-files/?d={PICTURES}/{event.file}", "kind": event.kind, "id": event.id},
         "annotations": [{"result": [_choice(event), *_rectangle(event)]}]}
        for event in events
    ]  # fmt: skip
    labels = "".join(f'<Label value="{kind}"/>' for kind in kinds_of(events))
    choices = "".join(f'<Choice value="{verdict}"/>' for verdict in ("confirmed", "dismissed", "unsure"))
    config = (
        f'<View><Image name="image" value="$image"/><RectangleLabels name="kind" toName="image">{labels}'
        f'</RectangleLabels><Choices name="verdict" toName="image">{choices}</Choices></View>\n'
    )
    return {"tasks.json": json.dumps(tasks, indent=1), "config.xml": config}


FORMATS: Final[Mapping[str, Callable[[Sequence[Reviewed]], Files]]] = {
    "coco": coco,
    "yolo": yolo,
    "cvat": cvat,
    "label-studio": label_studio,
}


def _xywh(event: Reviewed) -> list[float]:
    x0, y0, x1, y1 = event.xyxy
    return [x0, y0, x1 - x0, y1 - y0]


def _shares(event: Reviewed) -> str:
    (x, y, w, h), (width, height) = _xywh(event), event.wh
    return " ".join(f"{side:.6f}" for side in ((x + w / 2) / width, (y + h / 2) / height, w / width, h / height))


def _choice(event: Reviewed) -> dict[str, object]:
    return {"from_name": "verdict", "to_name": "image", "type": "choices", "value": {"choices": [event.verdict]}}


def _rectangle(event: Reviewed) -> list[dict[str, object]]:
    if event.verdict == "dismissed":
        return []
    (x, y, w, h), (width, height) = _xywh(event), event.wh
    value = {
        "x": 100 * x / width, "y": 100 * y / height, "width": 100 * w / width, "height": 100 * h / height,
        "rotation": 0, "rectanglelabels": [event.kind],
    }  # fmt: skip
    sides = {"original_width": width, "original_height": height, "image_rotation": 0}
    return [{"from_name": "kind", "to_name": "image", "type": "rectanglelabels", **sides, "value": value}]
