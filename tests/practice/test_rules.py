"""The table of rules: what the environment takes is what an administrator may type, written and read back the same."""

from dataclasses import fields

import pytest

from portal.environment import SettingsError
from portal.practice.effective import effective
from portal.practice.rules import COSTLY, RULES, read_rule, written_rule
from portal.settings import LateCancellation, Settings


@pytest.mark.parametrize("key", RULES)
def test_what_is_written_is_read_back_and_is_what_the_environment_reads(key: str) -> None:
    usual = getattr(Settings(), key)
    text = written_rule(key, usual)
    assert read_rule(key, text) == usual
    assert getattr(Settings.from_environment({key.upper(): text}), key) == usual


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("hold_minutes", "0"),
        ("hold_minutes", "61"),
        ("hold_minutes", ""),
        ("hold_minutes", "٣"),
        ("hold_minutes", "9" * 5000),
        ("portal_name", ""),
        ("portal_name", "x" * 81),
        ("portal_name", "a\x00b"),
        ("practice_address", "a\x1bb"),
        ("late_cancellation", "no_refund"),
        ("front_desk_can_reschedule", "perhaps"),
        ("reminder_minutes", "1440,,60"),
        ("tax_rates", "20"),
    ],
)
def test_nonsense_is_refused_wherever_it_comes_from(key: str, text: str) -> None:
    with pytest.raises(SettingsError, match=key.upper()):
        read_rule(key, text)
    if text:
        with pytest.raises(SettingsError, match=key.upper()):
            Settings.from_environment({key.upper(): text})


def test_no_secret_no_address_and_no_fact_of_the_deployment_is_a_rule() -> None:
    names = {field.name for field in fields(Settings)}
    assert set(RULES) <= names
    assert set(RULES) >= COSTLY
    closed = ("secret", "key", "password", "url", "host", "token", "smtp", "sms", "port", "env", "default_")
    assert not [key for key in RULES if key.startswith(closed) and key != "portal_name"]


def test_the_practices_rules_stand_in_for_the_environments(caplog: pytest.LogCaptureFixture) -> None:
    base = Settings(hold_minutes=7, code_minutes=3)
    own = {"hold_minutes": "20", "late_cancellation": "REFUSE", "tax_rates": "", "practice_address": ""}
    in_force = effective(base, own)
    assert (in_force.hold_minutes, in_force.code_minutes) == (20, 3)
    assert in_force.late_cancellation is LateCancellation.REFUSE
    assert effective(base, {}) is base
    assert not caplog.records


def test_a_rule_that_cannot_be_used_is_logged_and_the_environments_is_in_force(
    caplog: pytest.LogCaptureFixture,
) -> None:
    in_force = effective(
        Settings(hold_minutes=7), {"hold_minutes": "x", "given_up": "1", "code_minutes": "4"}
    )
    assert (in_force.hold_minutes, in_force.code_minutes) == (7, 4)
    assert [record.message for record in caplog.records] == ["a rule of the practice cannot be used"] * 2
