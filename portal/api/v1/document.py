"""The OpenAPI document, made from the endpoints themselves, and a page that people can read."""

import re
from copy import deepcopy
from functools import lru_cache
from typing import Any

from flask import Blueprint, Response, jsonify, render_template
from pydantic.alias_generators import to_camel

from portal.api.v1.endpoint import spec
from portal.api.v1.files import FILE_BODIES
from portal.api.v1.representations.base import BIGGEST
from portal.delivery import settings
from portal.delivery.access import public

bp = Blueprint("api_document", __name__)
DESCRIPTION = (
    "Every answer is {success, data, message, pagination}; every failure {success, error}. "
    "Sign in at /auth/login and send the access token as `Authorization: Bearer`."
)


@bp.get("/openapi.json")
@public
def openapi() -> Response:
    return jsonify(document(settings().portal_name))


@bp.get("/docs")
@public
def page() -> str:
    """The same, for people. Works without JavaScript."""
    made = document(settings().portal_name)
    return render_template("api/docs.html", document=made, groups=_grouped(made))


@lru_cache(maxsize=1)
def document(practice: str) -> dict[str, Any]:
    """OpenAPI 3.1 in the name of that practice; made once a process."""
    made: dict[str, Any] = deepcopy(spec.spec)
    made["info"]["title"] = f"{practice} API"
    made["info"]["description"] = DESCRIPTION
    made["components"]["schemas"].pop("WriteHeaders", None)  # its header stands at each operation
    made["paths"] = {_camel(path): operations for path, operations in made["paths"].items()}
    for operations in made["paths"].values():
        for operation in operations.values():
            _describe_parameters(operation)
            _describe_body(operation, made["components"]["schemas"])
    return made


def _describe_parameters(operation: dict[str, Any]) -> None:
    """Names as everywhere outside; ids are 64 bits wide, which spectree does not know."""
    for parameter in operation["parameters"]:
        if parameter["in"] == "path":
            parameter["name"] = to_camel(parameter["name"])
            if parameter["schema"].get("type") == "integer":
                parameter["schema"] = {"type": "integer", "minimum": 1, "maximum": BIGGEST}


def _describe_body(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """A body of which nothing is needed may be left out; of one that is a file, spectree knows nothing."""
    if operation["operationId"] in FILE_BODIES:
        file = {FILE_BODIES[operation["operationId"]]: {"schema": {"type": "string"}}}
        operation["requestBody"] = {"required": True, "content": file}
    elif "requestBody" in operation:
        name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        operation["requestBody"]["required"] = bool(schemas[name].get("required"))


def _camel(path: str) -> str:
    return re.sub(r"{(\w+)}", lambda found: f"{{{to_camel(found[1])}}}", path)


def _grouped(made: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The operations by noun, in order of path."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, operations in sorted(made["paths"].items()):
        for method, operation in operations.items():
            entry = {**operation, "method": method.upper(), "path": path}
            groups.setdefault(operation["tags"][0], []).append(entry)
    return groups
