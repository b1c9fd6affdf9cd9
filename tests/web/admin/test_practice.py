"""The practice's rules: an administrator reads, changes and takes back what the practice decides by itself."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from portal.audit.models import AuditEntry
from portal.notifications import policy as messages
from portal.payments import policy as money
from portal.practice.models import PracticeRule, PracticeRuleChange
from portal.practice.rules import RULES
from portal.settings import Settings
from portal.web.admin.practice_values import CHOICES
from portal.web.admin.practice_words import GROUPS
from tests.web.helpers import counted, errors_in

BOOKING = {
    "hold_minutes": "10",
    "late_cancellation": "NO_REFUND",
    "waiting_list_offer_minutes": "30",
    "waiting_list_daily_offers": "3",
}
MESSAGES = {
    "reminder_minutes": "1440, 60",
    "quiet_from_hour": "21",
    "quiet_until_hour": "8",
    "message_grace_seconds": "120",
}
MONEY = {
    "online_payment": "OPTIONAL",
    "tax_rates": "",
    "late_fee_percent": "100",
    "no_show_fee_percent": "100",
    "platform_fee_percent": "0",
}


def change(browser: FlaskClient, group: str, usual: dict[str, str], **changes: str) -> TestResponse:
    return browser.post(f"/admin/practice/{group}", data={**usual, "version": "0", **changes})


def in_force(app: Flask) -> Settings:
    settings: Settings = app.config["SETTINGS"]
    return settings


def own(session: Session) -> dict[str, str]:
    return {rule.key: rule.value for rule in session.scalars(select(PracticeRule))}


def test_every_rule_is_on_the_page_once_with_words_for_all_it_can_be() -> None:
    offered = [key for group in GROUPS for key in group.rules]
    assert sorted(offered) == sorted(RULES)
    for kind in RULES.values():
        words = getattr(kind, "words", ())
        assert set(words) == set(CHOICES[words] if words else ())


def test_the_page_says_what_is_in_force_in_few_queries(admin: FlaskClient) -> None:
    with counted() as queries:
        page = admin.get("/admin/practice").text
    assert len(queries) <= 8
    assert "1 day, 1 hour before" in page
    assert "They may, and the late fee is kept" in page
    assert "Your rule" not in page
    assert "Nothing was changed yet" in page


def test_a_changed_rule_is_in_force_at_once_and_said_to_be_ones_own(
    app: Flask, admin: FlaskClient, session: Session
) -> None:
    assert change(admin, "booking", BOOKING, hold_minutes="25").location == "/admin/practice"
    assert in_force(app).hold_minutes == 25
    assert own(session) == {"hold_minutes": "25"}
    page = admin.get("/admin/practice").text
    assert page.count("Your rule") == 1
    assert "10 minutes" not in page.partition("Who changed what")[0].partition("Cancelling after")[0]
    assert "Ada Admin" in page.partition("Who changed what")[2]
    assert "the usual value" in page
    assert "Usually: 10 minutes." in admin.get("/admin/practice/booking").text


def test_what_other_parts_know_of_the_rules_follows(admin: FlaskClient) -> None:
    change(admin, "messages", MESSAGES, quiet_from_hour="19", reminder_minutes="none")
    assert messages.current().quiet_from == 19
    assert messages.current().reminders == ()
    change(admin, "money", MONEY, no_show_fee_percent="40", tax_rates="VAT 20", confirmed="yes")
    assert money.current().no_show_fee_percent == 40
    assert money.current().tax_rates[0].basis_points == 2000


def test_it_is_written_down_who_changed_what_and_in_the_audit(admin: FlaskClient, session: Session) -> None:
    change(admin, "booking", BOOKING, hold_minutes="25", front_desk_can_reschedule="y")
    (first, second) = session.scalars(select(PracticeRuleChange).order_by(PracticeRuleChange.key))
    assert (first.key, first.old_value, first.new_value, first.by_name) == (
        "front_desk_can_reschedule",
        None,
        "yes",
        "Ada Admin",
    )
    assert (second.key, second.new_value) == ("hold_minutes", "25")
    entry = session.scalar(select(AuditEntry).where(AuditEntry.action == "practice-rules.edit"))
    assert entry is not None
    assert sorted(entry.detail["fields"]) == ["front_desk_can_reschedule", "hold_minutes"]


@pytest.mark.parametrize(
    ("group", "typed", "said"),
    [
        ("booking", BOOKING | {"hold_minutes": "0"}, "Enter a number from 1 to 60"),
        ("booking", BOOKING | {"hold_minutes": "soon"}, "Enter a whole number"),
        ("booking", BOOKING | {"late_cancellation": "PERHAPS"}, "Choose one of the options"),
        ("messages", MESSAGES | {"reminder_minutes": "5, 60"}, "Must be whole numbers from 10 to 20160"),
        ("messages", MESSAGES | {"reminder_minutes": "9" * 150}, "Must be whole numbers from 10 to 20160"),
        ("messages", MESSAGES | {"quiet_from_hour": "24"}, "Enter a number from 0 to 23"),
        ("money", MONEY | {"tax_rates": "twenty", "confirmed": "yes"}, "Must be a name and percent such as"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_the_form_stays_filled(
    app: Flask, admin: FlaskClient, group: str, typed: dict[str, str], said: str
) -> None:
    before = in_force(app)
    response = change(admin, group, typed)
    assert response.status_code == 422
    assert said in errors_in(response)
    assert in_force(app) is before


def test_a_name_is_needed_and_is_one_line(app: Flask, admin: FlaskClient) -> None:
    names = {"patient_word": "PATIENT", "clinician_word": "CLINICIAN"}
    assert change(admin, "names", names, portal_name=" ").status_code == 422
    assert change(admin, "names", names, portal_name="Riverside\nClinic").status_code == 422
    change(admin, "names", names, portal_name="Riverside", practice_address="1 High Street\r\nLeeds")
    assert in_force(app).practice_address == "1 High Street\nLeeds"
    assert "Riverside" in admin.get("/clinicians").text


def test_what_costs_money_is_asked_twice(app: Flask, admin: FlaskClient) -> None:
    asked = change(admin, "money", MONEY, late_fee_percent="50")
    assert "Change what people pay?" in asked.text
    assert "100 %" in asked.text
    assert '<strong class="prose">50 %</strong>' in asked.text
    assert in_force(app).late_fee_percent == 100
    back = change(admin, "money", MONEY, late_fee_percent="50", back="yes")
    assert back.status_code == 200
    assert 'value="50"' in back.text
    change(admin, "money", MONEY, late_fee_percent="50", confirmed="yes")
    assert in_force(app).late_fee_percent == 50


def test_money_is_typed_in_the_practices_currency(app: Flask, admin: FlaskClient) -> None:
    offers = {
        "credit_price_minor": "0.00",
        "credits_at_start": "1",
        "subscription_price_minor": "0",
        "subscription_months": "1",
        "subscription_visits": "4",
    }
    change(admin, "offers", offers, credit_price_minor="12.50", confirmed="yes")
    assert in_force(app).credit_price_minor == 1250
    assert "£12.50" in admin.get("/admin/practice").text


def test_who_reads_while_another_changes_is_told_and_loses_nothing(app: Flask, admin: FlaskClient) -> None:
    change(admin, "booking", BOOKING, hold_minutes="25")
    response = change(admin, "booking", BOOKING, hold_minutes="40")
    assert response.status_code == 409
    assert "Somebody else has changed these rules meanwhile" in response.text
    assert "25 minutes" in response.text
    assert 'value="40"' in response.text
    assert in_force(app).hold_minutes == 25
    _, _, rest = response.text.partition('name="version"')
    version = rest.partition('value="')[2].partition('"')[0]
    change(admin, "booking", BOOKING, hold_minutes="40", version=version)
    assert in_force(app).hold_minutes == 40


def test_another_groups_change_is_in_nobodys_way(app: Flask, admin: FlaskClient) -> None:
    change(admin, "booking", BOOKING, hold_minutes="25")
    change(admin, "messages", MESSAGES, quiet_from_hour="20")
    assert (in_force(app).hold_minutes, in_force(app).quiet_from_hour) == (25, 20)


def test_nothing_is_written_when_nothing_was_changed(admin: FlaskClient, session: Session) -> None:
    assert change(admin, "booking", BOOKING).location == "/admin/practice"
    assert session.scalars(select(PracticeRuleChange)).all() == []


def test_the_usual_value_typed_in_is_the_usual_rule_again(admin: FlaskClient, session: Session) -> None:
    change(admin, "booking", BOOKING, hold_minutes="25")
    change(admin, "booking", BOOKING, version="999999999")
    assert own(session) == {}


def test_a_group_goes_back_to_the_usual_rules_after_a_look(
    app: Flask, admin: FlaskClient, session: Session
) -> None:
    change(admin, "booking", BOOKING, hold_minutes="25")
    change(admin, "messages", MESSAGES, quiet_from_hour="20")
    assert "25 minutes" in admin.get("/admin/practice/booking/usual").text
    assert admin.post("/admin/practice/booking/usual").location == "/admin/practice"
    assert in_force(app).hold_minutes == 10
    assert own(session) == {"quiet_from_hour": "20"}
    assert "in force already" in admin.get("/admin/practice/booking/usual").text


def test_a_rule_that_cannot_be_read_is_shown_as_the_usual_one_and_put_right(
    app: Flask, admin: FlaskClient, session: Session
) -> None:
    session.add(PracticeRule(key="hold_minutes", value="soon"))
    session.add(PracticeRule(key="given_up", value="1"))
    session.flush()
    assert admin.get("/admin/practice").status_code == 200
    assert admin.get("/admin/practice/booking").status_code == 200
    change(admin, "booking", BOOKING, hold_minutes="15")
    assert in_force(app).hold_minutes == 15


def test_rubbish_in_a_form_harms_nobody(admin: FlaskClient) -> None:
    for version in ("", "-1", "x" * 40, "9" * 30, "٣"):
        data = MultiDict([("version", version), ("hold_minutes", "9"), ("hold_minutes", "x")])
        assert admin.post("/admin/practice/booking", data=data).status_code == 422
    assert admin.get("/admin/practice/nothing").status_code == 404
    assert admin.get("/admin/practice/nothing/usual").status_code == 404


def test_rules_are_the_administrators_alone(manager: FlaskClient, admin: FlaskClient) -> None:
    for address in ("/admin/practice", "/admin/practice/booking", "/admin/practice/booking/usual"):
        assert manager.get(address).status_code == 403
    assert "/admin/practice" not in manager.get("/admin").text
    assert "/admin/practice" in admin.get("/admin").text


def test_what_was_saved_elsewhere_a_moment_ago_is_in_the_form_already(
    app: Flask, admin: FlaskClient, session: Session
) -> None:
    session.add(PracticeRule(key="hold_minutes", value="45"))
    session.flush()
    assert in_force(app).hold_minutes == 10, "this process has not looked yet"
    assert 'value="45"' in admin.get("/admin/practice/booking").text
    assert "45 minutes" in admin.get("/admin/practice").text
    change(admin, "booking", BOOKING, hold_minutes="45", waiting_list_daily_offers="5")
    assert own(session) == {"hold_minutes": "45", "waiting_list_daily_offers": "5"}
