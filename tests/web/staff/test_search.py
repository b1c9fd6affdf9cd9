"""One box finds patients and appointments, for those who may see them."""

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.appointments.references import reference_of
from portal.core.permissions import Actor
from tests.cast import Cast
from tests.factories import a_patient, an_appointment
from tests.web.helpers import HTMX, counted, signed_in


@pytest.fixture
def cast(session: Session) -> Cast:
    return Cast(session)


def found(app: Flask, session: Session, who: Actor, typed: str) -> str:
    client = signed_in(app, session.get_one(Account, who.account_id))
    response = client.post("/search", data={"search": typed}, headers=HTMX)
    assert response.status_code == 200
    return response.text


def test_fay_finds_a_caller_and_what_they_have_booked(app: Flask, session: Session, cast: Cast) -> None:
    zoe = a_patient(session, full_name="Zoë Fauré")
    visit = an_appointment(session, clinician=cast.clinician, patient=zoe)
    shown = found(app, session, cast.fay, "faure")
    assert f"/patients/{zoe.id}" in shown
    assert f"/appointments/{visit.id}" in shown
    assert reference_of(visit) in shown


def test_a_reference_that_is_read_out_finds_the_appointment(app: Flask, session: Session, cast: Cast) -> None:
    visit = an_appointment(session, clinician=cast.clinician)
    typed = reference_of(visit).lower().replace("-", "")
    assert f"/appointments/{visit.id}" in found(app, session, cast.fay, typed)
    assert f"/appointments/{visit.id}" in found(app, session, cast.bo, typed)
    for stranger in (cast.zack, cast.zoe):
        assert "/appointments/" not in found(app, session, stranger, typed)


def test_patients_have_no_such_box(app: Flask, session: Session, cast: Cast) -> None:
    client = signed_in(app, session.get_one(Account, cast.ana.account_id))
    assert client.get("/search").status_code == 403


def test_one_letter_and_rubbish_find_nobody_and_the_whole_page_works_without_javascript(
    app: Flask, session: Session, cast: Cast
) -> None:
    an_appointment(session, clinician=cast.clinician)
    for typed in ("a", "%'\"", "x" * 500):
        assert "/patients/" not in found(app, session, cast.fay, typed)
    client = signed_in(app, session.get_one(Account, cast.fay.account_id))
    page = client.post("/search", data={"search": "ana"}).text
    assert 'value="ana"' in page
    assert "Ana Silva" in page


def test_a_search_asks_the_database_as_often_for_many_as_for_one(
    app: Flask, session: Session, cast: Cast
) -> None:
    for _ in range(6):
        an_appointment(session, clinician=cast.clinician, patient=a_patient(session, full_name="Ana Field"))
    with counted() as queries:
        found(app, session, cast.fay, "ana field")
    assert len([one for one in queries if one.startswith("SELECT")]) <= 8
