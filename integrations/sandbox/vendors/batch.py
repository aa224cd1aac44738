"""A vendor that takes batches with an access token: it refuses single events, or the whole batch for one.

`/events` answers 200 and names what it refuses by index; `/atomic` answers 400 and names nobody. An element
with `"refuse": "<why>"` is one that it refuses. Access tokens come from `/token`.
"""

from ..access_tokens import AccessTokens, unauthorized
from ..verdict import Verdict, refuse
from ..web import Request, UnreadableBody, json_response


def judge(request: Request, *, tokens: AccessTokens) -> Verdict:
    if request.method != "POST":
        return refuse(405, "Send events with POST", headers=(("Allow", "POST"),))
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not tokens.takes(token):
        return Verdict(response=unauthorized(), accepted=False, errors=("The access token is not known",))
    try:
        body = request.json()
    except UnreadableBody as error:
        return refuse(400, str(error))
    events = body.get("events") if isinstance(body, dict) else None
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        return refuse(400, "Send an object with a list of events")
    reasons = {index: str(event["refuse"]) for index, event in enumerate(events) if "refuse" in event}
    if request.host_path == "/atomic" and reasons:
        return refuse(400, "One of the events is wrong")
    return _taken(len(events), reasons)


def _taken(count: int, reasons: dict[int, str]) -> Verdict:
    errors = [{"index": index, "reason": reason} for index, reason in reasons.items()]
    answer = json_response({"receipt": f"sandbox-{count - len(errors)}-taken", "errors": errors})
    return Verdict(
        response=answer,
        accepted=True,
        events=count - len(errors),
        errors=tuple(f"Element {index}: {reason}" for index, reason in reasons.items()),
    )
