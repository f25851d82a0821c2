"""What each quad of a figure is: the labels from which the ground truth is read off the picture."""

from enum import IntEnum


class Part(IntEnum):
    """A label in a rendered picture; 0 is the room."""

    ROOM = 0
    BODY = 1
    HEAD = 2
    FACE = 3
    """Nose and mouth: a mask can be judged only where these, or the mask over them, are seen."""
    MASK = 4
    HAT = 5
    HAND = 6
    PHONE = 7
    CIGARETTE = 8
    TOOL = 9
    ANIMAL = 10


class Cell(IntEnum):
    """A cell of a figure's texture atlas."""

    HEAD = 0
    HAIR = 1
    HAT = 2
    MASK = 3
    TOP = 4
    APRON = 5
    LEGS = 6
    SKIN = 7
    SHOES = 8
    PROP = 9
    SLEEVE = 10
    HANDS = 11


HEAD_PARTS = (Part.HEAD, Part.FACE, Part.MASK, Part.HAT)
