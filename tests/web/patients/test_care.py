"""Staff register a caller's child, end somebody's care, and remove a patient."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.audit.models import AuditEntry
from portal.core.permissions import SYSTEM
from portal.people import caring
from portal.people.acting import actor_for
from portal.people.care_models import Care
from portal.people.models import Patient
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import a_patient, account_of, an_appointment, wall
from tests.web.helpers import counted, errors_in, signed_in
from tests.web.patients.conftest import actions_about


@pytest.fixture
def cast(session: Session) -> Cast:
    return Cast(session)


def test_the_desk_registers_a_callers_child_and_sees_who_looks_after_her(
    app: Flask, session: Session, cast: Cast
) -> None:
    fays = signed_in(app, session.get_one(Account, cast.fay.account_id))
    at = f"/patients/{cast.patient.id}"
    made = fays.post(f"{at}/dependants/new", data={"full_name": "Maya Silva", "relation": "CHILD"})
    maya = session.scalars(select(Patient).where(Patient.full_name == "Maya Silva")).one()
    assert (made.status_code, made.location) == (303, f"/patients/{maya.id}")
    with counted() as queries:
        assert "Looks after" in fays.get(f"{at}/care").text
    assert len(queries) <= 8
    assert cast.patient.full_name in fays.get(f"{made.location}/care").text


def test_a_callers_child_of_a_known_name_is_asked_about(app: Flask, session: Session, cast: Cast) -> None:
    fays, known = (
        signed_in(app, session.get_one(Account, cast.fay.account_id)),
        a_patient(session, full_name="Tom"),
    )
    new, tom = f"/patients/{cast.patient.id}/dependants/new", {"full_name": "Tom", "relation": "CHILD"}
    asked = fays.post(new, data=tom)
    assert (asked.status_code, f'href="/patients/{known.id}"' in asked.text) == (409, True)
    silent = fays.post(new, data={**tom, "alike": "new"})
    assert silent.status_code == 422
    assert 'href="#why_new">Say how you know that it is somebody else.' in errors_in(silent)
    assert fays.post(new, data={**tom, "alike": "new", "why_new": "A namesake"}).status_code == 303
    kept = select(AuditEntry.detail).where(AuditEntry.action == "patient.override-duplicate")
    assert session.scalars(kept).all() == [{"reason": "A namesake"}]


def test_care_is_not_ended_while_nobody_else_would_hear_of_a_visit(
    app: Flask, session: Session, cast: Cast
) -> None:
    fays, ana = signed_in(app, session.get_one(Account, cast.fay.account_id)), cast.patient
    maya = caring.add_dependant(session, ana, by=SYSTEM, relation="CHILD", full_name="Maya Silva", at=NOW)
    an_appointment(
        session, clinician=cast.clinician, patient=maya, by=cast.fay, starts_at=wall("2026-03-12 10:00")
    )
    end = f"/patients/{maya.id}/carers/{ana.id}/end"
    assert fays.post(end).status_code == 409
    assert session.scalar(select(Care)) is not None
    maya.email = "maya@example.org"
    session.flush()
    assert fays.post(end).status_code == 303
    assert session.scalar(select(Care)) is None


def test_the_desk_links_two_patients_after_asking_once_more_and_ends_it(
    app: Flask, session: Session, cast: Cast
) -> None:
    fays = signed_in(app, session.get_one(Account, cast.fay.account_id))
    old = a_patient(session, with_account=False, full_name="Rosa Silva")
    new, one = f"/patients/{old.id}/carers/new", f"/patients/{old.id}/carers/{cast.patient.id}"
    assert new in fays.get(f"/patients/{old.id}/care").text
    with counted() as queries:
        assert one in fays.post(new, data={"search": "Ana"}).text
    assert len(queries) <= 8
    assert f"/carers/{old.id}" not in fays.post(new, data={"search": "Rosa"}).text, (
        "nobody looks after themself"
    )
    assert "Does Ana Silva look after Rosa Silva?" in fays.get(one).text
    assert session.scalar(select(Care)) is None, "who only looks changes nothing"
    assert fays.post(one, data={"relation": "AUNT"}).status_code == 422
    assert fays.post(one, data={"relation": "PARENT"}).location == f"/patients/{old.id}/care"
    assert old.id in actor_for(session, account_of(session, cast.patient)).patient_ids
    twice = fays.post(one, data={"relation": "PARENT"})
    assert (twice.status_code, "look after this person already" in twice.text) == (409, True)
    assert "Shall Ana Silva no longer book" in fays.get(f"{one}/end").text
    assert fays.post(f"{one}/end").status_code == 303
    assert session.scalar(select(Care)) is None
    assert {"patient.care-start", "patient.care-end"} <= set(actions_about(session, old))


def test_who_signs_in_by_themself_is_asked_before_somebody_else_sees_them(
    app: Flask, session: Session, cast: Cast
) -> None:
    fays = signed_in(app, session.get_one(Account, cast.fay.account_id))
    one = f"/patients/{cast.patient.id}/carers/{cast.stranger.id}"
    assert "is asked first" in fays.get(one).text
    fays.post(one, data={"relation": "PARTNER"})
    assert cast.patient.id not in actor_for(session, account_of(session, cast.stranger)).patient_ids


@pytest.mark.parametrize("who", ["ana", "zora", "bo", "zoe"])
def test_nobody_links_patients_who_are_not_theirs_to_keep(
    app: Flask, session: Session, cast: Cast, who: str
) -> None:
    theirs = signed_in(app, session.get_one(Account, getattr(cast, who).account_id))
    one = f"/patients/{cast.patient.id}/carers/{cast.stranger.id}"
    for answer in (theirs.get(one), theirs.post(one, data={"relation": "CHILD"}), theirs.post(f"{one}/end")):
        assert answer.status_code in {403, 404}
    assert session.scalar(select(Care)) is None


def test_a_patient_is_removed_only_when_nothing_is_to_come(app: Flask, session: Session, cast: Cast) -> None:
    maxs, ana = signed_in(app, session.get_one(Account, cast.max.account_id)), cast.patient
    visit = an_appointment(session, clinician=cast.clinician, patient=ana)
    removal = f"/patients/{ana.id}/removal"
    assert "cannot be undone" in maxs.get(removal).text
    refused = maxs.post(removal)
    assert (refused.status_code, "still to come" in refused.text) == (409, True)
    visit.starts_at, visit.ends_at = NOW - timedelta(hours=2), NOW - timedelta(hours=1)
    session.flush()
    assert maxs.post(removal).location == "/patients"
    assert maxs.get(f"/patients/{ana.id}").status_code == 404
    assert signed_in(app, session.get_one(Account, cast.fay.account_id)).get(removal).status_code == 403
