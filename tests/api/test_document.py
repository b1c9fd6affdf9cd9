"""The OpenAPI document: valid, complete, and readable by people."""

import re
from typing import Any

import pytest
from flask import Flask
from markupsafe import escape
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.api.client import Program


@pytest.fixture
def document(visitor: Program) -> Any:
    return visitor.get("/openapi.json").get_json()


def operations(document: Any) -> list[tuple[str, Any]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, found in document["paths"].items()
        for method, operation in found.items()
    ]


def test_it_is_valid_openapi_31(document: Any) -> None:
    assert document["openapi"].startswith("3.1")
    errors = [
        f"{list(error.absolute_path)}: {error.message}"
        for error in OpenAPIV31SpecValidator(document).iter_errors()
    ]
    assert not errors


def test_each_operation_says_in_a_sentence_what_it_does(document: Any) -> None:
    wrong = [name for name, operation in operations(document) if not operation["summary"].endswith(".")]
    assert not wrong


def test_names_are_camel_case_everywhere(document: Any) -> None:
    names = [
        name for schema in document["components"]["schemas"].values() for name in schema.get("properties", {})
    ] + [
        parameter["name"]
        for _, operation in operations(document)
        for parameter in operation["parameters"]
        if parameter["in"] != "header"
    ]
    assert [name for name in names if not re.fullmatch(r"[a-z][A-Za-z0-9]*", name)] == []


def test_each_text_number_and_list_that_comes_in_has_a_bound(document: Any) -> None:
    """Whatever is sent, no column is too narrow for it."""
    schemas = document["components"]["schemas"]
    wanted = [
        operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for _, operation in operations(document)
        if "application/json" in operation.get("requestBody", {}).get("content", ())  # files have no fields
    ]
    unbounded = []
    while wanted:
        name = wanted.pop()
        for field, schema in schemas[name].get("properties", {}).items():
            for kind in [schema, *schema.get("anyOf", []), schema.get("items", {})]:
                wanted += [kind["$ref"].rpartition("/")[2]] if "$ref" in kind else []
                if not _is_bounded(kind):
                    unbounded.append(f"{name}.{field}")
        schemas[name] = {}
    assert not unbounded


def _is_bounded(schema: Any) -> bool:
    if "enum" in schema or "const" in schema or "format" in schema:
        return True
    bounds = {"string": {"maxLength"}, "integer": {"maximum"}, "number": {"maximum"}, "array": {"maxItems"}}
    return bounds.get(schema.get("type"), set()) <= set(schema)


def test_people_read_it_on_a_page_of_our_own(app: Flask, visitor: Program, document: Any) -> None:
    page = visitor.get("/docs")
    assert page.status_code == 200
    for name, operation in operations(document):
        summary = "".join(
            f"<code>{part}</code>" if number % 2 else part
            for number, part in enumerate(str(escape(operation["summary"])).split("`"))
        )
        assert summary in page.text, name
