"""What an order says: as it was sent, or as it would read if it were sent at this moment."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy import Connection

from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.cases.machine import Action, IllegalStepError, Step, taken
from api.casework.holding import Held, actor_of, calendar_of, no_case
from api.casework.ordering import order_texts
from api.errors import ConflictError
from api.services import Wired
from api.store import cases

router = APIRouter(prefix="/v1/cases", tags=["supervise"], route_class=GatedRoute)
Supervisor = Annotated[Caller, Depends(Gate(Permission.EVENTS_REVIEW))]


@router.get("/{case_id}/order", summary="The order, sent or to be sent")
def get_order(case_id: UUID, services: Wired, caller: Supervisor) -> dict[str, Any]:
    """Return the order's texts; before it is sent they are a preview whose deadlines count from now.

    409 where no order was sent and none can be: the case was withdrawn.
    """
    now = services.clock.now()
    with services.database.read() as connection:
        held = _seen(connection, caller, str(case_id))
        if held.row["order_texts"]:
            return {"sent": True, "order": held.row["order_texts"]}
        step = Step(Action.ORDER, actor_of(caller), now)
        try:
            ordered = taken(held.case, step, held.calendar)
        except IllegalStepError as error:
            raise ConflictError(f"no order can be sent in case {case_id}: it is {held.case.stage}") from error
        return {"sent": False, "order": order_texts(connection, held.row, ordered)}


def _seen(connection: Connection, caller: Caller, case_id: str) -> Held:
    row = cases.find(connection, caller.scope, case_id)
    if row is None:
        raise no_case(case_id)
    return Held(row, cases.watched(connection, row), calendar_of(row["site_hours"], row["site_time_zone"]))
