"""What an order says: as it was sent, or as it would read if it were sent at this moment."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.cases.machine import Action, IllegalStepError, Step, taken
from api.casework.holding import actor_of, hold
from api.casework.ordering import order_texts
from api.errors import ConflictError
from api.services import Wired
from api.shapes.letters import ORDER_TEXTS

router = APIRouter(prefix="/v1/cases", tags=["supervise"], route_class=GatedRoute)
Supervisor = Annotated[Caller, Depends(Gate(Permission.EVENTS_REVIEW))]


_WITHDRAWN = {
    "description": "No order was sent and none can be: the case was withdrawn.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


@router.get("/{case_id}/order", summary="The order, sent or to be sent", responses={409: _WITHDRAWN})
def get_order(case_id: UUID, services: Wired, caller: Supervisor) -> ORDER_TEXTS:
    """Return the order's texts; before it is sent they are a preview whose deadlines count from now.

    409 where no order was sent and none can be: the case was withdrawn.
    """
    now = services.clock.now()
    with services.database.read() as connection:
        held = hold(connection, caller.scope, str(case_id), lock=False)
        if held.row["order_texts"]:
            return {"sent": True, "order": held.row["order_texts"]}
        step = Step(Action.ORDER, actor_of(caller), now)
        try:
            ordered = taken(held.case, step, held.calendar)
        except IllegalStepError as error:
            raise ConflictError(f"no order can be sent in case {case_id}: it is {held.case.stage}") from error
        return {"sent": False, "order": order_texts(connection, held.row, ordered)}
