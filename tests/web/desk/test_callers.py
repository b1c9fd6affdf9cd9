"""Who is calling: found, asked about, or registered. It is Monday 2 March 2026, 9:00 in Leeds."""

import re
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.audit.models import AuditEntry
from portal.centres.models import Centre
from portal.people.models import Patient
from tests.factories import a_clinician, account_of, slots_of
from tests.web.desk.conftest import BrowserOf
from tests.web.helpers import HTMX, errors_in

SEARCH = "/desk/bookings/patients"
NEW = "/desk/bookings/patients/new"


def how_many(session: Session) -> int:
    return session.scalar(select(func.count(Patient.id))) or 0


def test_a_part_of_the_name_finds_her(fay: FlaskClient, ana: Patient) -> None:
    shown = fay.post(SEARCH, data={"search": "silv"}).text
    assert f'name="patient_id" value="{ana.id}"' in shown
    assert "07700 900111" in shown


def test_typing_finds_her_without_leaving_the_page(fay: FlaskClient, ana: Patient) -> None:
    piece = fay.post(SEARCH, data={"search": "0111", "centre_id": ""}, headers=HTMX)
    assert piece.text.startswith('<div class="stack" id="matches">')
    assert f'value="{ana.id}"' in piece.text


def test_her_whole_number_leads_on_at_once(fay: FlaskClient, ana: Patient) -> None:
    answer = fay.post(SEARCH, data={"search": "07700 900111"})
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/desk/bookings/new?patient_id={ana.id}"


def test_what_was_typed_never_stands_in_an_address(fay: FlaskClient, ana: Patient) -> None:
    shown = fay.post(SEARCH, data={"search": "Ana Silva"}).text
    assert "Ana Silva" in shown
    assert "Ana+Silva" not in shown
    assert "Ana%20Silva" not in shown


@pytest.mark.parametrize(("typed", "field"), [("Rosa Blum", "full_name"), ("07700 900999", "phone")])
def test_somebody_new_need_not_be_typed_twice(fay: FlaskClient, typed: str, field: str) -> None:
    shown = fay.post(SEARCH, data={"search": typed}).text
    assert "Nobody found" in shown
    form = shown.partition('id="new-patient"')[2]
    assert f'id="{field}"' in form.partition(f'value="{typed}"')[0].rpartition("<input")[2] + form
    assert form.count(f'value="{typed}"') == 1


def test_a_single_letter_finds_nobody_yet(fay: FlaskClient, ana: Patient) -> None:
    assert f'value="{ana.id}"' not in fay.post(SEARCH, data={"search": "a"}).text


def test_a_new_caller_is_registered_and_the_booking_goes_on(fay: FlaskClient, session: Session) -> None:
    answer = fay.post(
        NEW,
        data={"full_name": "Rosa Blum", "phone": "07700 900999", "lead_source": "Phone", "service_id": ""},
    )
    made = session.scalars(select(Patient).where(Patient.phone == "+447700900999")).one()
    assert answer.headers["Location"] == f"/desk/bookings/new?patient_id={made.id}"
    assert made.full_name == "Rosa Blum"
    assert made.lead_source == "Phone"


def test_with_a_time_from_the_board_it_is_held_for_the_new_caller(
    fay: FlaskClient, session: Session, riverside: Centre
) -> None:
    slot = slots_of(session, a_clinician(session, riverside))[0]
    answer = fay.post(NEW, data={"full_name": "Rosa Blum", "phone": "07700 900999", "slot": slot.id})
    assert answer.headers["Location"].startswith("/desk/bookings/new?hold=")


def test_the_same_phone_is_always_the_patient_known_by_it(
    fay: FlaskClient, session: Session, ana: Patient
) -> None:
    before = how_many(session)
    answer = fay.post(NEW, data={"full_name": "Anna Sylva", "phone": "07700 900111", "alike": "new"})
    assert answer.status_code == 409
    assert "This phone number belongs to Ana Silva" in answer.text
    assert "You typed “Anna Sylva”" in answer.text
    assert f'name="patient_id" value="{ana.id}"' in answer.text
    assert "No, a new person" not in answer.text
    session.refresh(ana)
    assert ana.full_name == "Ana Silva"
    assert how_many(session) == before


def test_the_same_name_with_another_phone_is_asked_about(
    fay: FlaskClient, session: Session, ana: Patient
) -> None:
    data = {"full_name": "Ana Silva", "phone": "07700 900222"}
    answer = fay.post(NEW, data=data)
    assert answer.status_code == 409
    assert "Is it one of these?" in answer.text
    assert f'name="patient_id" value="{ana.id}"' in answer.text
    before, is_new = how_many(session), {**data, "alike": "new"}
    silent = fay.post(NEW, data=is_new)
    assert silent.status_code == 422
    assert 'href="#why_new">Say how you know that it is somebody else.' in errors_in(silent)
    assert f'name="patient_id" value="{ana.id}"' in silent.text
    assert how_many(session) == before
    assert fay.post(NEW, data={**is_new, "why_new": "Born in another year"}).status_code == 303
    assert how_many(session) == before + 1
    audited = select(AuditEntry.detail).where(AuditEntry.action == "patient.override-duplicate")
    assert session.scalars(audited).all() == [{"reason": "Born in another year"}]


def test_a_clinician_is_not_told_whose_number_it_is(
    browser_of: BrowserOf, session: Session, riverside: Centre, ana: Patient
) -> None:
    jane = browser_of(account_of(session, a_clinician(session, riverside)))
    answer = jane.post(NEW, data={"full_name": "Anna Sylva", "phone": "07700 900111"})
    assert answer.status_code == 409
    assert "Ana Silva" not in answer.text
    assert "Ask the front desk" in answer.text


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"full_name": "", "phone": "07700 900999"}, "full_name"),
        ({"full_name": "Rosa Blum", "phone": "12"}, "phone"),
        ({"full_name": "Rosa Blum"}, "phone"),
        ({"full_name": "Rosa Blum", "email": "rosa"}, "email"),
        ({"full_name": "Rosa Blum", "phone": "07700 900999", "date_of_birth": "2999-01-01"}, "date_of_birth"),
        ({"full_name": "Rosa Blum", "phone": "07700 900999", "date_of_birth": "yesterday"}, "date_of_birth"),
        ({"full_name": "R0sa <b>", "phone": "07700 900999"}, "full_name"),
        ({"full_name": "Rosa Blum", "phone": "07700 900999", "lead_source": "Moon"}, "lead_source"),
    ],
)
def test_what_cannot_be_used_comes_back_with_words(
    fay: FlaskClient, session: Session, data: dict[str, str], field: str
) -> None:
    before = how_many(session)
    answer = fay.post(NEW, data=data)
    assert answer.status_code == 422
    assert f'href="#{field}"' in errors_in(answer)
    assert "Rosa Blum" not in data.values() or 'value="Rosa Blum"' in answer.text
    assert how_many(session) == before


@pytest.mark.parametrize(
    ("typed", "name", "phone"),
    [
        ("Rosa Blum", "Rosa Blum", ""),
        ("07700 900777", "", "07700 900777"),
        ("Rosa Blum 07700 900777", "Rosa Blum", "07700 900777"),
        ("Rosa Blum, +44 7700 900777", "Rosa Blum", "07700 900777"),
        ("Rosa 2nd", "Rosa 2nd", ""),
        ("Rosa 1984-02-01", "Rosa 1984-02-01", ""),
    ],
)
def test_what_was_typed_of_somebody_new_is_filled_in_and_the_keyboard_stands_at_what_is_missing(
    fay: FlaskClient, typed: str, name: str, phone: str
) -> None:
    page = fay.post("/desk/bookings/patients", data={"search": typed}).text
    form = unescape(page.partition('id="new-patient"')[2])

    def control(attribute: str) -> str:
        found = re.search(rf"<(?:input|button)[^>]*{attribute}[^>]*>(?:<svg.*?</svg>)?", form)
        assert found is not None
        return found[0]

    fields = control('name="full_name"'), control('name="phone"'), control('type="submit"')
    assert f'value="{name}"' in fields[0]
    assert f'value="{phone}"' in fields[1]
    missing = 0 if not name else 1 if not phone else 2
    assert [number for number, tag in enumerate(fields) if "autofocus" in tag] == [missing]
    assert page.count("autofocus") == 1
