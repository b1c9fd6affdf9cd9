"""Administrators' programs change the practice's rules, under the same checks as the page."""

from typing import Any

import pytest
from flask import Flask

from portal.practice.rules import RULES
from portal.settings import OnlinePayment
from tests.api.client import Program, data_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.cast import Cast


@pytest.fixture
def ada(cast: Cast, program: ProgramOf) -> Program:
    return program(cast.ada)


def test_an_administrator_reads_all_rules_and_which_are_the_practices_own(ada: Program) -> None:
    told = data_of(ada.get("/settings"))
    assert len(told["rules"]) == len(RULES)
    assert (told["ownRules"], told["version"]) == ([], 0)
    assert told["rules"]["reminderMinutes"] == [1440, 60]
    assert told["rules"]["creditPrice"] == 0


def test_what_is_changed_is_in_force_and_answered(app: Flask, ada: Program) -> None:
    told = data_of(
        ada.patch(
            "/settings",
            {
                "portalName": "Riverside",
                "holdMinutes": 20,
                "frontDeskCanReschedule": True,
                "reminderMinutes": [],
                "onlinePayment": "REQUIRED",
                "taxRates": [{"name": "CGST", "percent": 9}, {"name": "SGST", "percent": 9.5}],
                "creditPrice": 12.5,
                "practiceAddress": "1 High Street\nLeeds",
            },
        )
    )
    assert told["name"] == "Riverside"
    assert told["rules"]["creditPrice"] == 12.5
    assert told["rules"]["taxRates"][1] == {"name": "SGST", "percent": 9.5}
    assert told["ownRules"][:2] == ["creditPrice", "frontDeskCanReschedule"]
    in_force = app.config["SETTINGS"]
    assert in_force.tax_rates == (("CGST", 900), ("SGST", 950))
    assert (in_force.hold_minutes, in_force.reminder_minutes) == (20, ())
    assert (in_force.credit_price_minor, in_force.online_payment) == (1250, OnlinePayment.REQUIRED)
    assert in_force.practice_address == "1 High Street\nLeeds"


def test_null_is_the_usual_rule_again(app: Flask, ada: Program) -> None:
    ada.patch("/settings", {"holdMinutes": 20, "creditPrice": 5})
    told = data_of(ada.patch("/settings", {"holdMinutes": None, "creditPrice": None}))
    assert told["ownRules"] == []
    assert app.config["SETTINGS"].hold_minutes == 10


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"holdMinutes": 0}, "holdMinutes"),
        ({"holdMinutes": -5}, "holdMinutes"),
        ({"holdMinutes": 10**30}, "holdMinutes"),
        ({"holdMinutes": "soon"}, "holdMinutes"),
        ({"portalName": ""}, "portalName"),
        ({"portalName": "a\nb"}, "portalName"),
        ({"lateCancellation": "PERHAPS"}, "lateCancellation"),
        ({"reminderMinutes": [5]}, "reminderMinutes"),
        ({"reminderMinutes": [1440] * 21}, "reminderMinutes"),
        ({"taxRates": [{"name": "A 5, B", "percent": 3}]}, "taxRates.0.name"),
        ({"taxRates": [{"name": "VAT", "percent": 12.345}]}, "taxRates"),
        ({"creditPrice": 1.234}, "creditPrice"),
        ({"creditPrice": -1}, "creditPrice"),
        ({"secretKey": "mine"}, "secretKey"),
        ({"version": 10**30}, "version"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(
    app: Flask, ada: Program, body: dict[str, Any], field: str
) -> None:
    before = app.config["SETTINGS"]
    answer = ada.patch("/settings", body)
    assert refusal_of(answer) == (400, "VALIDATION_ERROR")
    assert list(answer.get_json()["error"]["details"]) == [field]
    assert app.config["SETTINGS"] is before


def test_what_somebody_else_did_meanwhile_is_not_undone_unseen(ada: Program) -> None:
    version = data_of(ada.patch("/settings", {"holdMinutes": 20}))["version"]
    assert refusal_of(ada.patch("/settings", {"version": version - 1, "holdMinutes": 30})) == (
        409,
        "CONFLICT",
    )
    assert data_of(ada.patch("/settings", {"version": version - 1, "codeMinutes": 4}))["codeMinutes"] == 4
    assert data_of(ada.patch("/settings", {"version": version, "holdMinutes": 30}))["holdMinutes"] == 30


def test_the_same_key_changes_once(ada: Program) -> None:
    first = data_of(ada.patch("/settings", {"holdMinutes": 20}, key="k-1"))
    ada.patch("/settings", {"holdMinutes": 30})
    again = data_of(ada.patch("/settings", {"holdMinutes": 20}, key="k-1"))
    assert again["version"] == first["version"]
    assert data_of(ada.get("/settings"))["holdMinutes"] == 30


def test_nobody_else_changes_or_reads_them(cast: Cast, program: ProgramOf, visitor: Program) -> None:
    assert refusal_of(visitor.patch("/settings", {"holdMinutes": 20})) == (401, "UNAUTHORIZED")
    for name in ("max", "mia", "fay", "bo", "ana"):
        somebody = program(getattr(cast, name))
        assert refusal_of(somebody.patch("/settings", {"holdMinutes": 20})) == (403, "FORBIDDEN")
        assert data_of(somebody.get("/settings"))["rules"] is None
