"""Whoever runs the machines sees the practice's rules, and takes one back that has locked somebody out."""

from flask import Flask
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.permissions import SYSTEM
from portal.practice.commands import change_rules
from portal.practice.models import PracticeRule
from portal.practice.queries import latest_changes, own_rules
from portal.settings import Settings


def test_the_rules_are_shown_with_what_they_stand_in_for(app: Flask, session: Session) -> None:
    change_rules(session, {"code_minutes": "1"}, base=Settings(), by=SYSTEM, at=clock.now())
    session.add(PracticeRule(key="given_up", value="x"))
    session.commit()
    shown = app.test_cli_runner().invoke(args=["practice-rules"]).output
    assert "code_minutes: '1' instead of '5'" in shown
    assert "hold_minutes: '10'\n" in shown
    assert "given_up: 'x' instead of 'no such rule'" in shown


def test_a_rule_is_taken_back_and_that_is_written_down(app: Flask, session: Session) -> None:
    change_rules(session, {"staff_idle_minutes": "5"}, base=Settings(), by=SYSTEM, at=clock.now())
    session.commit()
    done = app.test_cli_runner().invoke(args=["reset-practice-rule", "staff_idle_minutes"])
    assert done.exit_code == 0, done.output
    assert own_rules(session) == {}
    (change, _before) = latest_changes(session, most=5)
    assert (change.new_value, change.by_name) == (None, "System")


def test_a_rule_that_nobody_changed_is_said_so(app: Flask, session: Session) -> None:
    done = app.test_cli_runner().invoke(args=["reset-practice-rule", "hold_minutes"])
    assert done.exit_code == 1
    assert "has not changed hold_minutes" in done.output
