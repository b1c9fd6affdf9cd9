"""How failure looks in JSON."""

from flask import Response
from pydantic.alias_generators import to_camel

from portal.api.v1.representations.failures import Problem, Refused
from portal.api.v1.representations.slots import other_time
from portal.delivery.failures import Failure
from portal.scheduling.rules import Refusal


def as_json(failure: Failure) -> Response:
    """The response to any failure. Fields are named as clients name them."""
    details: dict[str, str | int] = {field_name(name): text for name, text in failure.details.items()}
    if failure.status == 429:
        details["retryAfter"] = int(failure.headers["Retry-After"])
    problem = Problem(
        code=failure.code,
        message=failure.message,
        details=details,
        broken_rules=[Refusal(rule) for rule in failure.rules] or None,
        alternatives=[other_time(slot) for slot in failure.alternatives] or None,
    )
    body = Refused(error=problem).model_dump_json(exclude_none=True)
    return Response(body, status=failure.status, content_type="application/json")


def field_name(name: str) -> str:
    """A field's name in JSON by the name it has inside; a path such as "rules.0.start_time" part by part."""
    return ".".join(to_camel(part) for part in name.split("."))
