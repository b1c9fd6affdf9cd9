"""What holds for every route, the ones to come included."""

import re

import pytest
from flask import Flask
from werkzeug.routing import Rule

SEGMENT = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*(\.(csv|ics|json|pdf))?$")


@pytest.fixture
def rules(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]


def test_every_route_declares_who_may_use_it(app: Flask, rules: list[Rule]) -> None:
    undeclared = [
        rule.endpoint
        for rule in rules
        if not rule.rule.startswith("/api/")  # those are held against tests/api/endpoints.toml
        and not hasattr(app.view_functions[rule.endpoint], "permission")
    ]
    assert not undeclared, f"{undeclared}: add @requires(Permission....) or @public"


def test_every_argument_in_an_address_has_a_type(rules: list[Rule]) -> None:
    untyped = [
        rule.rule
        for rule in rules
        if re.search(r"<(?!\w+(\(.*?\))?:)", rule.rule) and "slug" not in rule.rule
    ]
    assert not untyped, f"{untyped}: write <int:...> or <uuid:...>"


def test_addresses_are_lower_case_words_with_hyphens(rules: list[Rule]) -> None:
    bad = [
        rule.rule
        for rule in rules
        for segment in rule.rule.strip("/").split("/")
        if segment and not segment.startswith("<") and not SEGMENT.match(segment)
    ]
    assert not bad


def test_what_changes_something_is_never_done_by_get(app: Flask, rules: list[Rule]) -> None:
    """The nouns that are made by a POST alone answer nothing else."""
    makes = {"acceptance", "arrival", "completion", "confirmation", "release", "start", "no-show", "sign-out"}
    wrong = [
        rule.rule for rule in rules if rule.rule.rsplit("/", 1)[-1] in makes and "GET" in (rule.methods or ())
    ]
    assert not wrong


def test_no_route_is_open_by_mistake(app: Flask, rules: list[Rule]) -> None:
    """Whoever makes a public page says so here as well."""
    public = {
        rule.endpoint
        for rule in rules
        if not rule.rule.startswith("/api/")  # those are held against tests/api/endpoints.toml
        and getattr(app.view_functions[rule.endpoint], "permission", 1) is None
    }
    signing_in = {"sign_in", "staff_sign_in", "admin_sign_in", "sign_up", "verify_email", "password_reset"}
    allowed = {
        "public",
        "holds",
        "payments",
        "quotations",
        "visit_links",
        "waiting_list",
        "health",
        "outbox",
        *signing_in,
    }
    assert {endpoint.split(".")[0] for endpoint in public} <= allowed
