"""Clinicians added, changed, switched off and removed by the API, by managers and by themselves."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.commands import sign_in_device
from portal.accounts.models import Account, Device
from portal.appointments.models import Appointment, Status
from portal.core.permissions import Role
from portal.people.models import Clinician
from tests.api.client import Program, data_of, details_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import (
    PASSWORD,
    a_centre,
    a_clinician,
    account_of,
    an_account,
    an_appointment,
    wall,
)


def ids(program: Program, **query: object) -> list[int]:
    """Whom a search finds, in its order."""
    return [one["id"] for one in data_of(program.get("/clinicians", **query))]


def address(clinician: Clinician) -> str:
    return f"/clinicians/{clinician.id}"


def yorks_manager(session: Session, cast: Cast) -> Account:
    return an_account(session, Role.CENTRE_MANAGER, centre=cast.york)


class TestAdding:
    @pytest.fixture
    def new(self, cast: Cast) -> dict[str, Any]:
        return {
            "fullName": "Dr. Ida Berg",
            "email": "Ida@Example.org",
            "phone": "07700 900123",
            "password": PASSWORD,
            "primaryCentreId": cast.leeds.id,
            "specialization": ["Heart"],
            "certifications": ["ALS"],
            "yearsOfExperience": 12,
            "consultationFee": 75.5,
        }

    def test_a_manager_adds_a_clinician_who_is_approved_at_once(
        self, cast: Cast, program: ProgramOf, new: dict[str, Any]
    ) -> None:
        answer = program(cast.mia).post("/clinicians", new)
        made = data_of(answer)
        assert answer.status_code == 201
        assert (made["fullName"], made["slug"], made["email"]) == (
            "Dr Ida Berg",
            "ida-berg-1",
            "ida@example.org",
        )
        assert (made["phone"], made["consultationFee"], made["verified"]) == ("+447700900123", 75.5, True)
        assert (made["primaryCentreId"], made["timezone"]) == (cast.leeds.id, "Europe/London")
        assert (made["certifications"], made["defaultConsultationDurationMinutes"]) == (["ALS"], 60)
        assert data_of(program(cast.ada).get("/clinicians/ida-berg-1"))["userId"] == made["userId"]

    def test_the_same_key_adds_one_only(self, cast: Cast, program: ProgramOf, new: dict[str, Any]) -> None:
        max_ = program(cast.max)
        first, again = (max_.post("/clinicians", new, key="k1") for _time in range(2))
        assert data_of(first)["id"] == data_of(again)["id"]
        assert refusal_of(max_.post("/clinicians", new)) == (409, "DUPLICATE_ENTRY")

    @pytest.mark.parametrize("field", ["phone", "email", "username"])
    def test_somebody_who_can_sign_in_already_is_refused_by_field(
        self, cast: Cast, program: ProgramOf, new: dict[str, Any], field: str
    ) -> None:
        new["username"] = "ida.berg"
        ada = program(cast.ada)
        data_of(ada.post("/clinicians", new))
        other = {"phone": "07700 900124", "email": "else@example.org", "username": "other", field: new[field]}
        again = ada.post("/clinicians", {**new, **other})
        assert refusal_of(again) == (409, "DUPLICATE_ENTRY")
        assert list(details_of(again)) == [field]

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("fullName", None),
            ("fullName", "1"),
            ("email", "nowhere"),
            ("phone", "12"),
            ("password", "short"),
            ("consultationFee", 0.001),
            ("consultationFee", -1),
            ("consultationFee", 10**12),
            ("yearsOfExperience", 81),
            ("defaultConsultationDurationMinutes", 4),
            ("centreIds", [2**62]),
            ("profilePictureUrl", "javascript:alert(1)"),
            ("specialization", ["x"] * 41),
            ("bio", "x" * 4001),
            ("headline", "\0"),
            ("rate", 5),
        ],
    )
    def test_what_is_wrong_is_said_by_field(
        self, cast: Cast, program: ProgramOf, new: dict[str, Any], field: str, value: object
    ) -> None:
        answer = program(cast.ada).post("/clinicians", {**new, field: value})
        assert refusal_of(answer) == (400, "VALIDATION_ERROR")
        assert list(details_of(answer)) == [field]

    def test_a_fee_is_in_the_currency_of_the_centre(
        self, session: Session, cast: Cast, program: ProgramOf, new: dict[str, Any]
    ) -> None:
        tokyo = a_centre(session, currency="JPY", time_zone="Asia/Tokyo")
        new |= {"primaryCentreId": tokyo.id, "consultationFee": 5000}
        made = data_of(program(cast.ada).post("/clinicians", new))
        assert (made["consultationFee"], made["currency"]) == (5000.0, "JPY")
        assert session.get_one(Clinician, made["id"]).consultation_fee_minor == 5000

    def test_who_works_online_only_has_a_currency_and_zone_of_their_own(
        self, cast: Cast, program: ProgramOf, new: dict[str, Any]
    ) -> None:
        new |= {"primaryCentreId": None, "currency": "kwd", "timezone": "Asia/Kuwait"}
        made = data_of(program(cast.ada).post("/clinicians", new))
        assert (made["currency"], made["timezone"], made["centres"]) == ("KWD", "Asia/Kuwait", [])
        assert made["services"][0]["isOnline"] is True
        for field, value in (("currency", "££"), ("timezone", "Mars")):
            answer = program(cast.ada).post("/clinicians", {**new, field: value})
            assert field in details_of(answer)

    def test_a_centre_manager_adds_to_the_own_centre_only(
        self, cast: Cast, program: ProgramOf, new: dict[str, Any]
    ) -> None:
        elsewhere = program(cast.mia).post("/clinicians", {**new, "primaryCentreId": cast.york.id})
        assert refusal_of(elsewhere) == (403, "FORBIDDEN")
        nowhere = program(cast.mia).post("/clinicians", {**new, "primaryCentreId": None})
        assert refusal_of(nowhere) == (403, "FORBIDDEN")


class TestChanging:
    def test_a_manager_changes_only_what_is_given(self, cast: Cast, program: ProgramOf) -> None:
        mia, path = program(cast.mia), address(cast.clinician)
        before = data_of(mia.get(path))
        given = {"headline": "Knees", "affiliation": "St Mary", "consultationFee": 80, "languages": ["Welsh"]}
        after = data_of(mia.patch(path, given))
        assert after == {**before, **given}
        assert data_of(mia.patch(f"/clinicians/{before['slug']}", {})) == after

    def test_a_title_comes_and_goes_with_the_name(self, cast: Cast, program: ProgramOf) -> None:
        ada, path = program(cast.ada), address(cast.clinician)
        assert data_of(ada.patch(path, {"fullName": "Prof Bo Larsen"}))["fullName"] == "Prof Bo Larsen"
        assert data_of(ada.patch(path, {"fullName": "Bo Larsen"}))["fullName"] == "Bo Larsen"
        shown = data_of(ada.patch(path, {"title": "Dr"}))
        assert (shown["fullName"], shown["slug"]) == ("Dr Bo Larsen", "bo-larsen-1")

    def test_clinicians_tell_of_themselves(self, cast: Cast, program: ProgramOf) -> None:
        given = {
            "fullName": "Prof Bo Larsen",
            "headline": "Knees",
            "bio": "Thirty years of them.",
            "specialization": ["Knees"],
            "qualification": ["MD"],
            "certifications": ["ALS"],
            "achievements": ["A prize"],
            "affiliation": "St Mary",
            "languages": ["Danish"],
            "yearsOfExperience": 30,
            "profilePictureUrl": "https://example.org/bo.jpg",
            "timezone": "Europe/London",
            "consultationFee": 60,
        }
        bo = program(cast.bo)
        assert given.items() <= data_of(bo.patch("/clinicians/me", given)).items()
        assert given.items() <= data_of(bo.get("/clinicians/me")).items()

    @pytest.mark.parametrize(
        "given",
        [
            {"email": "new@example.org"},
            {"phone": None},
            {"username": "bo"},
            {"title": "Prof"},
            {"primaryCentreId": 1},
            {"centreIds": []},
            {"isActive": False},
            {"requiresAcceptance": True},
            {"defaultConsultationDurationMinutes": 30},
        ],
        ids=str,
    )
    def test_what_the_practice_decides_is_not_the_clinicians(
        self, cast: Cast, program: ProgramOf, given: dict[str, Any]
    ) -> None:
        bo = program(cast.bo)
        before = bo.get("/clinicians/me").text
        assert refusal_of(bo.patch("/clinicians/me", {"bio": "x", **given})) == (403, "FORBIDDEN")
        assert bo.get("/clinicians/me").text == before

    def test_a_centre_sets_the_fee_of_its_clinicians_and_others_set_their_own(
        self, session: Session, cast: Cast, program: ProgramOf
    ) -> None:
        bo = program(cast.bo)
        assert refusal_of(bo.patch("/clinicians/me", {"consultationFee": 90})) == (409, "CONFLICT")
        assert data_of(bo.get("/clinicians/me"))["consultationFee"] == 60.0
        online = account_of(session, a_clinician(session, None))
        shown = data_of(program(online).patch("/clinicians/me", {"consultationFee": 90.5}))
        assert shown["consultationFee"] == 90.5

    def test_who_works_at_no_centre_moves_to_another_zone(
        self, session: Session, cast: Cast, program: ProgramOf
    ) -> None:
        online = a_clinician(session, None)
        own = program(account_of(session, online))
        assert data_of(own.patch("/clinicians/me", {"timezone": "Asia/Tokyo"}))["timezone"] == "Asia/Tokyo"
        an_appointment(session, clinician=online)
        stranding = own.patch("/clinicians/me", {"timezone": "America/Lima"})
        assert refusal_of(stranding) == (409, "CONFLICT")
        moved = own.patch("/clinicians/me", {"timezone": "America/Lima", "force": True})
        assert data_of(moved)["timezone"] == "America/Lima"
        centres = program(cast.bo).patch("/clinicians/me", {"timezone": "Asia/Tokyo"})
        assert list(details_of(centres)) == ["timezone"]

    def test_nobody_changes_somebody_else(
        self, session: Session, cast: Cast, program: ProgramOf, visitor: Program
    ) -> None:
        path, given = address(cast.clinician), {"bio": "x"}
        assert refusal_of(visitor.patch(path, given)) == (401, "UNAUTHORIZED")
        assert refusal_of(program(cast.zoe).patch(path, given)) == (404, "NOT_FOUND")
        for who in (cast.ana, cast.fay, cast.cora):
            assert refusal_of(program(who).patch(path, given)) == (403, "FORBIDDEN")
        assert refusal_of(program(yorks_manager(session, cast)).patch(path, given)) == (403, "FORBIDDEN")
        assert data_of(visitor.get(path))["bio"] == ""

    def test_an_address_that_is_taken_is_refused(
        self, session: Session, cast: Cast, program: ProgramOf
    ) -> None:
        taken = account_of(session, a_clinician(session, cast.leeds)).email
        answer = program(cast.ada).patch(address(cast.clinician), {"email": taken})
        assert refusal_of(answer) == (409, "DUPLICATE_ENTRY")
        assert list(details_of(answer)) == ["email"]

    def test_leaving_a_centre_where_patients_are_booked_needs_force(
        self, session: Session, cast: Cast, program: ProgramOf
    ) -> None:
        visit = an_appointment(session, clinician=cast.clinician)
        ada, given = program(cast.ada), {"centreIds": [cast.york.id]}
        refused = ada.patch(address(cast.clinician), given)
        assert refusal_of(refused) == (409, "CONFLICT")
        assert refused.get_json()["error"]["message"].endswith(": 1.")
        assert data_of(ada.get(address(cast.clinician)))["primaryCentreId"] == cast.leeds.id
        moved = data_of(ada.patch(address(cast.clinician), {**given, "force": True}))
        assert (moved["primaryCentreId"], moved["nextAvailableSlot"]) == (cast.york.id, None)
        assert session.get_one(Appointment, visit.id).status == Status.CONFIRMED

    def test_a_centre_that_is_deleted_is_not_in_the_way(
        self, session: Session, cast: Cast, program: ProgramOf
    ) -> None:
        both = a_clinician(session, cast.york, cast.leeds)
        cast.york.deleted_at = NOW
        session.flush()
        assert data_of(program(cast.mia).patch(address(both), {"bio": "New"}))["bio"] == "New"


class TestSwitching:
    def test_off_ends_all_sign_ins_and_hides_the_clinician(
        self, session: Session, cast: Cast, program: ProgramOf, visitor: Program
    ) -> None:
        account = account_of(session, cast.clinician)
        sign_in_device(session, account, description="a phone", at=NOW)
        bo, mia, path = program(cast.bo), program(cast.mia), address(cast.clinician)
        assert data_of(mia.patch(path, {"isActive": False}))["isActive"] is False
        assert refusal_of(bo.get("/appointments"))[0] == 401
        session.expire_all()
        signed_in = session.scalars(select(Device).where(Device.account_id == account.id))
        assert {device.ended_at for device in signed_in} == {NOW}
        assert refusal_of(visitor.get(path)) == (404, "NOT_FOUND")
        assert data_of(mia.patch(path, {"isActive": True}))["isActive"] is True
        assert data_of(visitor.get(path))["isActive"] is True

    @pytest.mark.parametrize("field", ["isActive", "isAvailable"])
    def test_with_appointments_to_come_it_needs_force_and_they_stay(
        self, session: Session, cast: Cast, program: ProgramOf, field: str
    ) -> None:
        for hour in (9, 11):
            visit = an_appointment(
                session, clinician=cast.clinician, starts_at=wall(f"2026-03-05 {hour:02}:00")
            )
        ada, path = program(cast.ada), address(cast.clinician)
        refused = ada.patch(path, {field: False, "bio": "x"})
        assert refusal_of(refused) == (409, "CONFLICT")
        assert refused.get_json()["error"]["message"].endswith(": 2.")
        assert data_of(ada.get(path)).items() >= {field: True, "bio": ""}.items()
        assert data_of(ada.patch(path, {field: False, "force": True}))[field] is False
        assert session.get_one(Appointment, visit.id).status == Status.CONFIRMED

    def test_clinicians_take_themselves_off_the_list(
        self, cast: Cast, program: ProgramOf, visitor: Program
    ) -> None:
        bo = program(cast.bo)
        assert data_of(bo.patch("/clinicians/me", {"isAvailable": False}))["isAvailable"] is False
        assert ids(visitor) == []
        assert data_of(bo.patch("/clinicians/me", {"isAvailable": True}))["isAvailable"] is True
        assert ids(visitor) == [cast.clinician.id]

    def test_who_also_works_elsewhere_is_not_one_managers_to_switch_off(
        self, session: Session, cast: Cast, program: ProgramOf
    ) -> None:
        both = a_clinician(session, cast.leeds, cast.york)
        mia = program(cast.mia)
        assert refusal_of(mia.patch(address(both), {"isActive": False})) == (403, "FORBIDDEN")
        assert refusal_of(mia.delete(address(both))) == (403, "FORBIDDEN")
        assert data_of(mia.patch(address(both), {"bio": "x"}))["bio"] == "x"


class TestRemoving:
    def test_a_clinician_without_appointments_is_gone(
        self, session: Session, cast: Cast, program: ProgramOf, visitor: Program
    ) -> None:
        mia, path = program(cast.mia), address(cast.clinician)
        assert mia.delete(path).status_code == 200
        assert refusal_of(visitor.get(path)) == (404, "NOT_FOUND")
        assert refusal_of(mia.delete(path)) == (404, "NOT_FOUND")
        session.expire_all()
        assert cast.clinician.deleted_at == NOW

    def test_appointments_to_come_stand_in_the_way_unless_they_are_to_be_cancelled(
        self, session: Session, cast: Cast, program: ProgramOf
    ) -> None:
        over = an_appointment(
            session, clinician=cast.clinician, starts_at=NOW - timedelta(days=7), status=Status.COMPLETED
        )
        coming = an_appointment(session, clinician=cast.clinician)
        ada, path = program(cast.ada), address(cast.clinician)
        refused = ada.delete(path)
        assert refusal_of(refused) == (409, "CONFLICT")
        assert refused.get_json()["error"]["message"].endswith(": 1.")
        assert data_of(ada.get(path))["isActive"] is True
        gone = ada.send("DELETE", path, query_string={"force": "true", "reason": "Retired"})
        assert gone.get_json()["message"] == "The clinician is deleted. Cancelled: 1."
        session.expire_all()
        assert (coming.status, coming.cancel_reason) == (Status.CANCELLED, "Retired")
        assert over.status == Status.COMPLETED

    def test_only_managers_remove(
        self, session: Session, cast: Cast, program: ProgramOf, visitor: Program
    ) -> None:
        path = address(cast.clinician)
        assert refusal_of(visitor.delete(path)) == (401, "UNAUTHORIZED")
        for who in (cast.bo, cast.fay, cast.cora, cast.ana):
            assert refusal_of(program(who).delete(path)) == (403, "FORBIDDEN")
        assert refusal_of(program(yorks_manager(session, cast)).delete(path)) == (403, "FORBIDDEN")
        assert data_of(visitor.get(path))["id"] == cast.clinician.id
