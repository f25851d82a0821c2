"""Other vendors' boxes push JSON of their own: a mapping of the operator's says what it means."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from api.arrivals import Arrival, accept_all
from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.boxes.foreign import message
from api.boxes.mapping import BoxMapping, alarms, sighting
from api.errors import NotFoundError, entry_of, field_error
from api.fields import Slug
from api.intake import Accepted, Step
from api.messages import EventMessage, Phase
from api.services import Services, Wired
from api.shapes.intake import ALARMS, MAPPINGS
from vision.errors import InvalidInputError

router = APIRouter(prefix="/v1/boxes", tags=["intake"], route_class=GatedRoute)
Writer = Annotated[Caller, Depends(Gate(Permission.EVENTS_WRITE))]


@router.get("", summary="Mappings")
def list_mappings(services: Wired, _: Writer) -> MAPPINGS:
    """Return the names of the mappings that the operator has declared."""
    return {"items": [{"name": name} for name in sorted(services.mappings)], "next": None}


@router.post("/{mapping}", summary="Tell in a vendor's own words")
def push(mapping: Slug, document: Annotated[Any, Body()], services: Wired, caller: Writer) -> ALARMS:
    """Take the alarms of a vendor's document in; the same one again changes nothing.

    `items` has one entry for each alarm, in order: `id` and `sequence` of its event, or `errors` that say what is wrong
    with it: the pointer, what stood there, and what may. A wrong one costs the others nothing.
    """
    known = services.mappings.get(mapping)
    if known is None:
        raise NotFoundError(
            f"there is no mapping {mapping}; known are {', '.join(sorted(services.mappings)) or 'none'}"
        )
    return {"items": [_taken(services, caller, mapping, known, alarm) for alarm in alarms(known, document)]}


def _taken(services: Services, caller: Caller, vendor: str, mapping: BoxMapping, alarm: Any) -> dict[str, Any]:
    try:
        seen = sighting(vendor, mapping, alarm)
        phase = Phase.OPENED if seen.ended_at is None else Phase.CLOSED
        told = EventMessage.model_validate(message(seen, phase))
        return {"id": seen.id, "sequence": _accepted(services, caller, told).sequence}
    except InvalidInputError as error:
        return {"errors": [entry_of(error)]}
    except ValidationError as error:
        wrong = RequestValidationError(error.errors(include_url=False)).errors()[0]
        return {"errors": [field_error(".".join(map(str, wrong["loc"])), wrong.get("input"), str(wrong["msg"]))]}


def _accepted(services: Services, caller: Caller, told: EventMessage) -> Accepted:
    now = services.clock.now()
    accepted = services.database.together(Arrival(caller, told, now), accept_all)
    if accepted.step is not Step.IGNORE:
        services.log_bell.ring()
        services.metrics.events.labels(told.data.kind, told.phase.value).inc()
    return accepted
