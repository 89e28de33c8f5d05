"""What `beatplan demo --check` tries over HTTP: a plan, a cancellation, the plan again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from uuid import uuid4

import httpx

from api.commands.summary import day_line
from routing.errors import BeatplanError
from visits.day_plan import CancelAnswer, DayPlan
from visits.demo_loading import Demo, DemoPerson

PATIENCE_S = 60.0


class CheckError(BeatplanError):
    """The demo did not do what it promises."""


def check(base_url: str, day: date, demo: Demo, *, say: Callable[[str], None] = print) -> None:
    """Fetches the fullest rep-day of `day`, cancels one visit, fetches it again; says both and the repair time.

    Raises CheckError with one sentence for whatever is not as promised.
    """
    try:
        with httpx.Client(base_url=f"{base_url}/api/v1", timeout=PATIENCE_S) as client:
            person, before = _fullest(client, day, demo)
            visit = next((stop.visit for stop in before.stops if stop.promise is None), before.stops[0].visit)
            answer = _cancel(client, person, visit)
            after = _plan(client, person, day)
    except httpx.HTTPError as error:
        raise CheckError(f"the demo's service does not answer: {error}") from error
    if after is None or answer.plan != after:
        raise CheckError("the plan that the cancellation gave is not the one that is served now")
    if after.version <= before.version or visit in {stop.visit for stop in after.stops}:
        raise CheckError(f"visit {visit} was cancelled but version {after.version} of the plan still has it")
    say(f"before  {day_line(before)}")
    say(f"after   {day_line(after)}")
    say(f"repaired in {answer.repair_ms} ms; {len(answer.suggestions)} fill-ins offered")


def _fullest(client: httpx.Client, day: date, demo: Demo) -> tuple[DemoPerson, DayPlan]:
    plans = [(person, _plan(client, person, day)) for person in demo.people if person.rep_id is not None]
    found = [(person, plan) for person, plan in plans if plan is not None and plan.stops]
    if not found:
        raise CheckError(f"no rep has a visit on {day.isoformat()}; remove the data directory and start again")
    return max(found, key=lambda pair: len(pair[1].stops))


def _plan(client: httpx.Client, person: DemoPerson, day: date) -> DayPlan | None:
    reply = client.get(f"/reps/{person.rep_id}/plans/{day.isoformat()}", headers=_sign_in(person))
    if reply.status_code == httpx.codes.NOT_FOUND:
        return None
    return DayPlan.model_validate_json(_good(reply))


def _cancel(client: httpx.Client, person: DemoPerson, visit: str) -> CancelAnswer:
    headers = {**_sign_in(person), "Idempotency-Key": str(uuid4())}
    reply = client.post(f"/visits/{visit}/cancel", json={"reason": "customer is ill"}, headers=headers)
    return CancelAnswer.model_validate_json(_good(reply))


def _sign_in(person: DemoPerson) -> dict[str, str]:
    return {"Authorization": f"Bearer {person.token}"}


def _good(reply: httpx.Response) -> bytes:
    if reply.status_code != httpx.codes.OK:
        raise CheckError(f"{reply.request.method} {reply.request.url.path} answered {reply.status_code}: {reply.text}")
    return reply.content
