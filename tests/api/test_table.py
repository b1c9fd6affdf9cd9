"""The table of endpoints, the URL map and the OpenAPI document say the same."""

from flask import Flask

from portal.core.permissions import GRANTS, Role
from tests.api.client import PREFIX, Program
from tests.api.table import anonymous, routes, rows

MOST_PENDING = 28
"""The list of what is still to come only shrinks: lower this number with it."""

UNDOCUMENTED = {("GET", "/openapi.json"), ("GET", "/docs")}
"""The document itself, and its page."""


def test_every_route_is_in_the_table_and_the_other_way_round(app: Flask) -> None:
    assert {key for key, _ in routes(app)} == {row.key for row in rows()}


def test_every_route_is_in_the_document_and_the_other_way_round(visitor: Program) -> None:
    paths = visitor.get("/openapi.json").get_json()["paths"]
    documented = {
        (method.upper(), anonymous(path.removeprefix(PREFIX)))
        for path, operations in paths.items()
        for method in operations
    }
    assert documented == {row.key for row in rows()} - UNDOCUMENTED


def test_no_endpoint_is_named_twice() -> None:
    keys = [row.key for row in [*rows(), *rows("pending")]]
    assert len(keys) == len(set(keys))


def test_what_is_still_to_come_only_becomes_less(app: Flask) -> None:
    pending = rows("pending")
    assert len(pending) == MOST_PENDING
    assert {row.key for row in pending}.isdisjoint(key for key, _ in routes(app))


def test_each_endpoint_serves_a_capability_that_the_table_names(app: Flask) -> None:
    named = {row.key: row.capabilities for row in rows()}
    wrong = {
        key: view.capability
        for key, view in routes(app)
        if key not in UNDOCUMENTED and view.capability not in named[key]
    }
    assert not wrong


def test_the_roles_of_the_table_are_those_whose_permissions_open_the_door(app: Flask) -> None:
    named = {row.key: row for row in rows()}
    wrong = {}
    for key, view in routes(app):
        row, permissions = named[key], view.permission
        if permissions is None:
            opened: object = "PUBLIC"
        else:
            opened = sorted(role for role in Role if not GRANTS[role].isdisjoint(permissions))
        if opened != (row.roles if row.is_public else sorted(row.roles)):
            wrong[key] = opened
    assert not wrong
