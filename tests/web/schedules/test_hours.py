"""Working hours: rows of a week that anybody can edit, with or without JavaScript, and nobody is stranded unseen."""

import re
from collections.abc import Iterable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.appointments.models import Appointment, Status
from portal.core.permissions import Role
from portal.people.models import Clinician
from portal.scheduling.models import WeeklyRule
from portal.scheduling.queries import weekly_rules
from tests.factories import a_centre, a_clinician, a_patient, an_account, an_appointment, wall, week
from tests.web.helpers import HTMX, counted, errors_in, sign_in

Row = tuple[int, str, str]


@pytest.fixture
def jane(session: Session) -> Clinician:
    return a_clinician(session, hours="Mon-Tue 9-17")


@pytest.fixture
def her_browser(client: FlaskClient, session: Session, jane: Clinician) -> FlaskClient:
    return sign_in(client, session.get_one(Account, jane.account_id))


def sent(clinician: Clinician, rows: Iterable[Row], **more: object) -> dict[str, object]:
    """What a browser posts for these rows (weekday, from, to); `more` are the button and whatever differs."""
    data: dict[str, object] = {}
    for number, (weekday, start, end) in enumerate(rows):
        data |= {
            f"rows-{number}-weekday": weekday,
            f"rows-{number}-start_time": start,
            f"rows-{number}-end_time": end,
            f"rows-{number}-centre_id": clinician.primary_centre_id or "",
            f"rows-{number}-week_of_month": "",
            f"rows-{number}-slot_minutes": "",
        }
    return data | more


def address(clinician: Clinician) -> str:
    return f"/schedules/{clinician.id}/hours"


def rules_of(session: Session, clinician: Clinician) -> list[Row]:
    session.expire_all()
    found = weekly_rules(session, clinician.id)
    return [(rule.weekday, f"{rule.start_time:%H:%M}", f"{rule.end_time:%H:%M}") for rule in found]


def test_the_week_is_shown_as_it_is(her_browser: FlaskClient, jane: Clinician) -> None:
    page = her_browser.get(address(jane)).text
    assert page.count('class="hours-row"') == 2
    assert page.count('value="09:00"') == page.count('value="17:00"') == 2
    assert "London time (GMT)" in page


def test_saving_replaces_the_week(her_browser: FlaskClient, session: Session, jane: Clinician) -> None:
    data = sent(jane, [(3, "08:30", "12:00"), (3, "13:00", "16:00")])
    answer = her_browser.post(address(jane), data=data)
    assert (answer.status_code, answer.location) == (303, address(jane))
    assert rules_of(session, jane) == [(3, "08:30", "12:00"), (3, "13:00", "16:00")]
    assert "Saved." in her_browser.get(address(jane)).text


def test_saving_no_rows_leaves_a_week_without_hours(
    her_browser: FlaskClient, session: Session, jane: Clinician
) -> None:
    assert her_browser.post(address(jane), data={}).status_code == 303
    assert rules_of(session, jane) == []


def test_a_row_can_be_added_without_javascript_and_nothing_is_saved_yet(
    her_browser: FlaskClient, session: Session, jane: Clinician
) -> None:
    answer = her_browser.post(address(jane), data=sent(jane, [(1, "10:00", "11:00")], add_row="5"))
    assert answer.status_code == 200
    friday = answer.text.partition('id="weekday-5"')[2].partition('id="weekday-6"')[0]
    assert friday.count('class="hours-row"') == 1
    assert "autofocus" in friday
    assert 'value="10:00"' in answer.text
    assert rules_of(session, jane) == [(1, "09:00", "17:00"), (2, "09:00", "17:00")]


def test_a_row_can_be_removed_without_javascript_and_nothing_is_saved_yet(
    her_browser: FlaskClient, session: Session, jane: Clinician
) -> None:
    rows: list[Row] = [(1, "10:00", "11:00"), (2, "10:30", "11:30")]
    answer = her_browser.post(address(jane), data=sent(jane, rows, remove_row="0"))
    assert answer.status_code == 200
    assert 'value="10:00"' not in answer.text
    assert 'value="10:30"' in answer.text
    assert len(rules_of(session, jane)) == 2


def test_one_row_after_another_can_be_removed(
    her_browser: FlaskClient, session: Session, jane: Clinician
) -> None:
    """What the page shows after a removal is sent as it is named there, and the right row goes next."""
    rows: list[Row] = [(1, "08:05", "11:00"), (2, "08:10", "11:00"), (3, "08:15", "11:00")]
    page = her_browser.post(address(jane), data=sent(jane, rows, remove_row="0")).text
    shown = dict(re.findall(r'name="(rows-[^"]+)"[^>]* value="([^"]*)"', page))
    last = re.findall(r'name="remove_row" value="([^"]+)"', page)[-1]
    page = her_browser.post(address(jane), data={**shown, "remove_row": last}).text
    assert [value for value in ("08:05", "08:10", "08:15") if f'value="{value}"' in page] == ["08:10"]


@pytest.mark.parametrize(
    "nonsense", [{"add_row": "9"}, {"add_row": "x"}, {"remove_row": "77"}, {"remove_row": "-1"}]
)
def test_buttons_that_name_no_row_change_nothing(
    her_browser: FlaskClient, jane: Clinician, nonsense: dict[str, object]
) -> None:
    answer = her_browser.post(address(jane), data=sent(jane, [(1, "10:00", "11:00")], **nonsense))
    assert answer.status_code == 200
    assert answer.text.count('class="hours-row"') == 1


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ([(1, "12:00", "09:00")], "Monday: The end must be after the start."),
        ([(2, "09:00", "")], "Tuesday: Enter when the hours end"),
        ([(2, "", "")], "Tuesday: Enter when the hours begin"),
        ([(2, "9 o'clock", "10:00")], "Tuesday: Enter a time, like 09:30"),
        ([(4, "09:00", "12:00"), (4, "11:00", "15:00")], "Thursday: Two of these hours overlap."),
    ],
)
def test_hours_that_make_no_sense_come_back_with_the_error_at_the_row(
    her_browser: FlaskClient, session: Session, jane: Clinician, rows: list[Row], complaint: str
) -> None:
    answer = her_browser.post(address(jane), data=sent(jane, rows))
    assert answer.status_code == 422
    assert complaint in errors_in(answer).replace("&#39;", "'")
    assert f'value="{rows[0][1]}"'.replace("'", "&#39;") in answer.text
    assert len(rules_of(session, jane)) == 2


def test_hours_of_different_weeks_of_the_month_do_not_overlap(
    her_browser: FlaskClient, session: Session, jane: Clinician
) -> None:
    rows: list[Row] = [(4, "09:00", "12:00"), (4, "11:00", "15:00")]
    weeks = {"rows-0-week_of_month": "1", "rows-1-week_of_month": "2", "rows-1-slot_minutes": "20"}
    assert her_browser.post(address(jane), data=sent(jane, rows) | weeks).status_code == 303
    found = weekly_rules(session, jane.id)
    assert [(rule.week_of_month, rule.slot_minutes) for rule in found] == [(1, None), (2, 20)]


def test_a_centre_of_others_cannot_be_chosen(
    her_browser: FlaskClient, session: Session, jane: Clinician
) -> None:
    foreign = a_centre(session)
    data = sent(jane, [(1, "10:00", "11:00")]) | {"rows-0-centre_id": foreign.id}
    assert her_browser.post(address(jane), data=data).status_code == 422


def test_who_works_online_only_has_hours_at_no_centre(client: FlaskClient, session: Session) -> None:
    lia = a_clinician(session, None, time_zone="Asia/Kolkata", hours="Mon 9-12")
    sign_in(client, session.get_one(Account, lia.account_id))
    assert "Kolkata time" in client.get(address(lia)).text
    assert client.post(address(lia), data=sent(lia, [(2, "10:00", "11:00")])).status_code == 303
    assert rules_of(session, lia) == [(2, "10:00", "11:00")]


class TestStranding:
    """Appointments that would be left outside the hours are listed, and stay as they are when the change is made."""

    @pytest.fixture
    def visit(self, session: Session, jane: Clinician) -> Appointment:
        omar = a_patient(session, full_name="Omar Haddad")
        return an_appointment(session, clinician=jane, patient=omar, starts_at=wall("2026-03-10 15:00"))

    def test_they_are_listed_and_nothing_is_saved(
        self, her_browser: FlaskClient, session: Session, jane: Clinician, visit: Appointment
    ) -> None:
        answer = her_browser.post(address(jane), data=sent(jane, [(2, "09:00", "12:00")]))
        assert answer.status_code == 409
        assert "1 appointment is booked in that time. Nothing is saved yet." in answer.text
        assert "Tuesday 10 March, 15:00" in answer.text
        assert f'href="/appointments/{visit.id}"' in answer.text
        assert f'name="accepted" value="{visit.id}"' in answer.text
        assert 'value="12:00"' in answer.text
        assert len(rules_of(session, jane)) == 2

    def test_the_second_button_saves_and_they_stay_booked(
        self, her_browser: FlaskClient, session: Session, jane: Clinician, visit: Appointment
    ) -> None:
        data = sent(jane, [(2, "09:00", "12:00")], accepted=str(visit.id))
        assert her_browser.post(address(jane), data=data).status_code == 303
        assert rules_of(session, jane) == [(2, "09:00", "12:00")]
        assert session.get_one(Appointment, visit.id).status == Status.CONFIRMED
        assert "1 appointment outside the hours stays booked" in her_browser.get(address(jane)).text

    def test_yes_to_one_is_not_yes_to_another_booked_meanwhile(
        self, her_browser: FlaskClient, session: Session, jane: Clinician, visit: Appointment
    ) -> None:
        an_appointment(session, clinician=jane, starts_at=wall("2026-03-17 15:00"))
        data = sent(jane, [(2, "09:00", "12:00")], accepted=str(visit.id))
        answer = her_browser.post(address(jane), data=data)
        assert answer.status_code == 409
        assert "2 appointments are booked in that time" in answer.text
        assert len(rules_of(session, jane)) == 2

    @pytest.mark.usefixtures("visit")
    def test_htmx_gets_the_form_with_the_list(self, her_browser: FlaskClient, jane: Clinician) -> None:
        answer = her_browser.post(address(jane), data=sent(jane, [(2, "09:00", "12:00")]), headers=HTMX)
        assert answer.status_code == 409
        assert answer.text.lstrip().startswith('<form id="hours"')
        assert "Omar Haddad" in answer.text

    @pytest.mark.usefixtures("visit")
    def test_the_list_costs_the_same_for_one_and_for_many(
        self, her_browser: FlaskClient, session: Session, jane: Clinician
    ) -> None:
        data = sent(jane, [(2, "09:00", "12:00")])
        with counted() as for_one:
            her_browser.post(address(jane), data=data)
        for day in (17, 24, 31):
            an_appointment(session, clinician=jane, starts_at=wall(f"2026-03-{day} 15:00"))
        with counted() as for_many:
            her_browser.post(address(jane), data=data)
        assert len(for_many) == len(for_one)


class TestWhoMayChangeThem:
    def test_managers_of_the_clinicians_centre_may(
        self, client: FlaskClient, session: Session, jane: Clinician
    ) -> None:
        sign_in(client, an_account(session, Role.CENTRE_MANAGER, centre=jane.centres[0]))
        assert "Dr Jane Smith" in client.get(address(jane)).text
        assert client.post(address(jane), data=sent(jane, [(5, "09:00", "12:00")])).status_code == 303
        assert rules_of(session, jane) == [(5, "09:00", "12:00")]

    @pytest.mark.parametrize("role", [Role.ADMIN, Role.MANAGER])
    def test_so_may_managers_of_the_practice(
        self, client: FlaskClient, session: Session, jane: Clinician, role: Role
    ) -> None:
        sign_in(client, an_account(session, role))
        assert client.get(address(jane)).status_code == 200

    def test_managers_of_another_centre_may_not(
        self, client: FlaskClient, session: Session, jane: Clinician
    ) -> None:
        sign_in(client, an_account(session, Role.CENTRE_MANAGER))
        assert client.get(address(jane)).status_code == 403
        assert client.post(address(jane), data={}).status_code == 403

    def test_another_clinician_does_not_find_them(
        self, client: FlaskClient, session: Session, jane: Clinician
    ) -> None:
        sign_in(client, an_account(session, Role.CLINICIAN))
        assert client.get(address(jane)).status_code == 404
        assert client.post(address(jane), data={}).status_code == 404

    @pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.CARE_COORDINATOR, Role.PATIENT])
    def test_others_may_not(self, client: FlaskClient, session: Session, jane: Clinician, role: Role) -> None:
        sign_in(client, an_account(session, role))
        assert client.get(address(jane)).status_code == 403

    def test_a_manager_of_one_centre_leaves_the_hours_at_the_other_alone(
        self, client: FlaskClient, session: Session
    ) -> None:
        here, there = a_centre(session), a_centre(session)
        hours = [*week("Mon 9-12", here), *week("Tue 13-15", there)]
        jane = a_clinician(session, here, there, hours=hours)
        sign_in(client, an_account(session, Role.CENTRE_MANAGER, centre=here))
        page = client.get(address(jane)).text
        assert page.count('class="hours-row"') == 1
        assert "Tuesday, 13:00–15:00" in page
        client.post(address(jane), data=sent(jane, [(1, "08:00", "10:00")]))
        assert rules_of(session, jane) == [(1, "08:00", "10:00"), (2, "13:00", "15:00")]

    def test_a_manager_of_one_centre_cannot_put_hours_over_those_at_the_other(
        self, client: FlaskClient, session: Session
    ) -> None:
        here, there = a_centre(session), a_centre(session)
        jane = a_clinician(session, here, there, hours=week("Tue 13-15", there))
        sign_in(client, an_account(session, Role.CENTRE_MANAGER, centre=here))
        answer = client.post(address(jane), data=sent(jane, [(2, "14:00", "16:00")]))
        assert answer.status_code == 422
        assert "Tuesday: Two of these hours overlap." in errors_in(answer)

    def test_patients_of_another_centre_stay_nameless_to_a_manager(
        self, client: FlaskClient, session: Session
    ) -> None:
        here, there = a_centre(session), a_centre(session)
        jane = a_clinician(session, there, here, hours="Mon-Fri 9-17")
        an_appointment(session, clinician=jane, patient=a_patient(session, full_name="Omar Haddad"))
        sign_in(client, an_account(session, Role.CENTRE_MANAGER, centre=here))
        away = {"starts_on": "2026-03-03", "ends_on": "2026-03-05"}
        answer = client.post(f"/schedules/{jane.id}/leave", data=away)
        assert answer.status_code == 409
        assert "a patient of another centre" in answer.text
        assert "Omar Haddad" not in answer.text


def test_htmx_swaps_the_form_and_leaves_when_it_is_saved(her_browser: FlaskClient, jane: Clinician) -> None:
    added = her_browser.post(address(jane), data=sent(jane, [], add_row="2"), headers=HTMX)
    assert added.text.lstrip().startswith('<form id="hours"')
    assert "<html" not in added.text
    saved = her_browser.post(address(jane), data=sent(jane, [(2, "09:00", "12:00")]), headers=HTMX)
    assert (saved.status_code, saved.headers["HX-Redirect"]) == (204, address(jane))


def test_a_flood_of_rows_is_cut(her_browser: FlaskClient, session: Session, jane: Clinician) -> None:
    rows: list[Row] = [(1 + number % 7, "09:00", "10:00") for number in range(150)]
    assert her_browser.post(address(jane), data=sent(jane, rows)).status_code == 422
    assert session.scalar(select(func.count()).select_from(WeeklyRule)) == 2


def test_the_page_costs_few_queries(her_browser: FlaskClient, jane: Clinician) -> None:
    with counted() as queries:
        her_browser.get(address(jane))
    assert len(queries) <= 8
