"""The directory of clinicians by the API, and each of them. It is Monday 2 March 2026, 9:00."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from portal.people.approvals import decide_approval
from portal.people.models import Clinician
from tests.api.client import Program, data_of, details_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import (
    a_centre,
    a_clinician,
    a_hold,
    a_service,
    account_of,
    an_appointment,
    service_of,
    wall,
)
from tests.web.helpers import counted

HIDDEN = ("phone", "email", "username", "isEmailVerified", "approvalStatus", "approvedAt")


def ids(program: Program, **query: object) -> list[int]:
    """Whom a search finds, in its order."""
    return [one["id"] for one in data_of(program.get("/clinicians", **query))]


def address(clinician: Clinician) -> str:
    return f"/clinicians/{clinician.id}"


def unlisted(session: Session, clinician: Clinician, **changes: Any) -> Clinician:
    for name, value in changes.items():
        setattr(clinician, name, value)
    session.flush()
    return clinician


class TestDirectory:
    def test_a_card_says_who_it_is_and_when_they_are_free(self, cast: Cast, visitor: Program) -> None:
        bo = cast.clinician
        [card] = data_of(visitor.get("/clinicians"))
        slot = card.pop("nextAvailableSlot")
        assert slot["startAt"] == "2026-03-03T09:00:00Z"
        assert slot["clinicianId"] == bo.id
        assert card == {
            "id": bo.id,
            "userId": bo.account_id,
            "slug": "bo-larsen-1",
            "fullName": "Dr Bo Larsen",
            "headline": "",
            "bio": "",
            "profilePictureUrl": "",
            "specialization": [],
            "qualification": [],
            "languages": [],
            "yearsOfExperience": None,
            "consultationFee": 60.0,
            "currency": "GBP",
            "avgRating": None,
            "reviewCount": 0,
            "verified": True,
            "isActive": True,
            "isAvailable": True,
            **dict.fromkeys(HIDDEN),
        }

    def test_the_next_free_time_can_be_held(self, cast: Cast, program: ProgramOf) -> None:
        _ = cast.clinician
        ana = program(cast.ana)
        [card] = data_of(ana.get("/clinicians"))
        shown = data_of(ana.get(f"/slots/{card['nextAvailableSlot']['id']}"))
        assert shown["available"] is True

    def test_a_time_at_which_the_patient_is_elsewhere_is_not_the_next(
        self, session: Session, cast: Cast, program: ProgramOf, visitor: Program
    ) -> None:
        other = a_clinician(session, cast.leeds, full_name="Abe First")
        an_appointment(
            session, clinician=cast.clinician, patient=cast.patient, starts_at=wall("2026-03-03 09:00")
        )
        [nobody, *_] = data_of(visitor.get("/clinicians"))
        [busy, *_] = data_of(program(cast.ana).get("/clinicians"))
        assert nobody["id"] == busy["id"] == other.id
        assert nobody["nextAvailableSlot"]["startAt"] == "2026-03-03T09:00:00Z"
        assert busy["nextAvailableSlot"]["startAt"] == "2026-03-03T10:00:00Z"

    def test_the_public_finds_only_who_takes_bookings(
        self, session: Session, cast: Cast, visitor: Program
    ) -> None:
        bo = cast.clinician
        for changes in ({"approved_at": None}, {"is_active": False}, {"is_accepting": False}):
            unlisted(session, a_clinician(session, cast.leeds), **changes)
        unlisted(session, a_clinician(session, cast.leeds), deleted_at=NOW)
        assert ids(visitor) == [bo.id]

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ({"search": "abe"}, ["Abe"]),
            ({"search": "HEART"}, ["Abe"]),
            ({"search": "follow-up"}, ["Bea"]),
            ({"search": "100%"}, []),
            ({"search": "rhythm"}, ["Abe"]),
            ({"search": "heart nobody"}, []),
            ({"specialization": "Skin"}, ["Bea"]),
            ({"language": "Welsh"}, ["Abe", "Bea"]),
            ({"language": "Welsh", "specialization": "Skin"}, ["Bea"]),
            ({"sessionType": "online"}, ["Bea"]),
            ({"maxPrice": "60"}, ["Abe", "Bea"]),
            ({"maxPrice": "59.99"}, ["Bea"]),
            ({"maxPrice": "10"}, []),
            ({"minRating": "1"}, []),
        ],
    )
    def test_filters_narrow_the_search(
        self, session: Session, cast: Cast, visitor: Program, query: dict[str, str], found: list[str]
    ) -> None:
        a_clinician(
            session,
            cast.leeds,
            full_name="Abe",
            specialization=["Heart"],
            languages=["Welsh"],
            headline="Rhythm and pressure",
        )
        bea = a_clinician(session, cast.leeds, full_name="Bea", specialization=["Skin"], languages=["Welsh"])
        a_service(session, bea, is_online=True)
        names = [one["fullName"] for one in data_of(visitor.get("/clinicians", **query))]
        assert names == [f"Dr {name}" for name in found]

    def test_of_one_centre_the_next_time_is_there_too(
        self, session: Session, cast: Cast, visitor: Program
    ) -> None:
        both = a_clinician(session, cast.york, cast.leeds)
        [card] = data_of(visitor.get("/clinicians", centreId=cast.york.id))
        assert (card["id"], card["nextAvailableSlot"]["centreId"]) == (both.id, cast.york.id)
        [card] = data_of(visitor.get("/clinicians", centreId=cast.leeds.id))
        assert (card["id"], card["nextAvailableSlot"]) == (both.id, None)

    @pytest.mark.parametrize(("currency", "price_minor"), [("JPY", 6000), ("KWD", 6000000)])
    def test_the_highest_price_is_meant_in_the_main_unit(
        self, session: Session, visitor: Program, currency: str, price_minor: int
    ) -> None:
        made = a_clinician(session, a_centre(session, currency=currency), price_minor=price_minor)
        assert data_of(visitor.get(address(made)))["services"][0]["price"] == 6000.0
        assert ids(visitor, maxPrice=6000) == [made.id]
        assert ids(visitor, maxPrice=5999) == []

    def test_who_is_free_comes_in_order_of_time(self, session: Session, cast: Cast, visitor: Program) -> None:
        late = a_clinician(session, cast.leeds, full_name="Abe", hours="Fri 9-12")
        soon = a_clinician(session, cast.leeds, full_name="Zed", hours="Tue 9-12")
        never = a_clinician(session, cast.leeds, full_name="Bea", hours="")
        assert ids(visitor) == [late.id, never.id, soon.id]
        assert ids(visitor, availability="true") == [soon.id, late.id]
        assert ids(visitor, availability="true", limit=1, page=2) == [late.id]

    def test_a_page_beyond_the_last_still_says_how_many_there_are(
        self, session: Session, cast: Cast, visitor: Program
    ) -> None:
        for name in ("Abe", "Bea", "Cy"):
            a_clinician(session, cast.leeds, full_name=name)
        answer = visitor.get("/clinicians", limit=2, page=2).get_json()
        assert [one["fullName"] for one in answer["data"]] == ["Dr Cy"]
        assert answer["pagination"]["total"] == 3
        beyond = visitor.get("/clinicians", limit=2, page=9).get_json()
        assert beyond["data"] == []
        assert (beyond["pagination"]["total"], beyond["pagination"]["hasNext"]) == (3, False)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("page", "0"),
            ("minRating", "6"),
            ("maxPrice", "-1"),
            ("maxPrice", "nan"),
            ("centreId", str(2**63)),
            ("availability", "perhaps"),
            ("sessionType", "PHONE"),
            ("approvalStatus", "MAYBE"),
            ("search", "x" * 81),
            ("paperId", "1"),
        ],
    )
    def test_what_cannot_be_looked_for_is_named(self, visitor: Program, field: str, value: str) -> None:
        answer = visitor.get("/clinicians", **{field: value})
        assert refusal_of(answer) == (400, "VALIDATION_ERROR")
        assert field in details_of(answer)

    @pytest.mark.parametrize("query", [{}, {"availability": "true"}])
    def test_it_asks_as_much_of_the_database_for_eight_as_for_two(
        self, session: Session, cast: Cast, visitor: Program, query: dict[str, str]
    ) -> None:
        def asked(count: int) -> int:
            with counted() as statements:
                assert len(ids(visitor, **query)) == count
            return len(statements)

        for _number in range(2):
            a_clinician(session, cast.leeds)
        for_two = asked(2)
        for _number in range(6):
            a_clinician(session, cast.leeds)
        session.expire_all()
        assert asked(8) == for_two

    def test_who_has_it_already_is_told_so(self, session: Session, cast: Cast, visitor: Program) -> None:
        for path in ("/clinicians", address(cast.clinician)):
            first = visitor.get(path)
            known = {"If-None-Match": first.headers["ETag"]}
            again = visitor.send("GET", path, headers=known)
            assert (again.status_code, again.text) == (304, "")
            a_hold(session, cast.clinician)
            changed = visitor.send("GET", path, headers=known)
            assert changed.status_code == 200
            assert changed.headers["ETag"] != first.headers["ETag"]


class TestHidden:
    """Clinicians whom the public does not see, and what it does not see of the others."""

    def test_an_administrator_finds_who_waits_for_approval(
        self, session: Session, cast: Cast, program: ProgramOf
    ) -> None:
        approved = cast.clinician
        waiting = unlisted(session, a_clinician(session, cast.leeds), approved_at=None)
        ada = program(cast.ada)
        [card] = data_of(ada.get("/clinicians", approvalStatus="pending"))
        assert (card["id"], card["approvalStatus"], card["verified"]) == (waiting.id, "PENDING", False)
        assert card["email"] == account_of(session, waiting).email
        assert card["nextAvailableSlot"] is None
        assert ids(ada, approvalStatus="APPROVED") == [approved.id]

    def test_who_was_rejected_waits_no_longer(self, session: Session, cast: Cast, program: ProgramOf) -> None:
        rejected, waiting = (a_clinician(session, cast.leeds) for _number in range(2))
        unlisted(session, waiting, approved_at=None)
        decide_approval(session, rejected, is_approved=False, reason="No papers", by=cast.ada, at=NOW)
        ada = program(cast.ada)
        [card] = data_of(ada.get("/clinicians", approvalStatus="REJECTED"))
        assert (card["id"], card["approvalStatus"]) == (rejected.id, "REJECTED")
        assert ids(ada, approvalStatus="PENDING") == [waiting.id]
        assert data_of(ada.get(address(rejected)))["approvalStatus"] == "REJECTED"

    def test_all_filters_hold_for_those_who_are_hidden(
        self, session: Session, cast: Cast, program: ProgramOf
    ) -> None:
        for name in ("Abe", "Bea"):
            made = a_clinician(session, cast.leeds, full_name=name, languages=[f"{name}ish"])
            unlisted(session, made, approved_at=None)
        ada = program(cast.ada)
        assert len(ids(ada, approvalStatus="PENDING")) == 2
        assert ids(ada, approvalStatus="PENDING", language="Beaish") == [made.id]
        assert ids(ada, approvalStatus="PENDING", search="bea") == [made.id]
        assert ids(ada, approvalStatus="PENDING", sessionType="ONLINE") == []
        assert ids(ada, approvalStatus="PENDING", maxPrice=1) == []
        assert ids(ada, approvalStatus="PENDING", centreId=cast.york.id) == []
        assert ids(ada, approvalStatus="PENDING", availability="true") == []

    def test_without_services_nobody_is_listed_but_managers_find_them(
        self, session: Session, cast: Cast, program: ProgramOf
    ) -> None:
        bare = a_clinician(session, cast.leeds)
        program(cast.max).delete(f"{address(bare)}/services/{service_of(session, bare).id}")
        assert ids(program(cast.max)) == []
        assert ids(program(cast.max), isActive="true") == [bare.id]

    def test_only_an_administrator_asks_for_approval(
        self, cast: Cast, program: ProgramOf, visitor: Program
    ) -> None:
        query = {"approvalStatus": "PENDING"}
        assert refusal_of(visitor.get("/clinicians", **query)) == (401, "UNAUTHORIZED")
        for who in (cast.max, cast.mia, cast.fay, cast.bo, cast.ana):
            assert refusal_of(program(who).get("/clinicians", **query)) == (403, "FORBIDDEN")
        assert refusal_of(program(cast.fay).get("/clinicians", isActive="false")) == (403, "FORBIDDEN")

    def test_a_centre_manager_finds_those_of_the_own_centre(
        self, session: Session, cast: Cast, program: ProgramOf
    ) -> None:
        here = unlisted(session, a_clinician(session, cast.leeds), is_active=False)
        unlisted(session, a_clinician(session, cast.york), is_active=False)
        assert ids(program(cast.mia), isActive="false") == [here.id]

    def test_how_to_reach_a_clinician_is_for_staff_and_themself(
        self, session: Session, cast: Cast, program: ProgramOf, visitor: Program
    ) -> None:
        email = account_of(session, cast.clinician).email
        assert email is not None
        for who in (program(cast.ana), program(cast.zoe), visitor):
            shown = data_of(who.get(address(cast.clinician)))
            assert {shown[name] for name in HIDDEN} == {None}
            assert email not in who.get("/clinicians", search="Larsen").text
        for who in (program(cast.bo), program(cast.fay), program(cast.ada)):
            shown = data_of(who.get(address(cast.clinician)))
            assert (shown["email"], shown["approvalStatus"]) == (email, "APPROVED")

    def test_a_clinician_who_is_hidden_is_read_by_those_who_work_with_them(
        self, session: Session, cast: Cast, program: ProgramOf, visitor: Program
    ) -> None:
        bo = unlisted(session, cast.clinician, is_accepting=False)
        for path in (address(bo), f"/clinicians/{bo.slug}"):
            assert refusal_of(visitor.get(path)) == (404, "NOT_FOUND")
            assert refusal_of(program(cast.ana).get(path)) == (404, "NOT_FOUND")
            assert refusal_of(program(cast.zack).get(path)) == (404, "NOT_FOUND")
            for who in (cast.bo, cast.fay, cast.mia, cast.ada):
                shown = data_of(program(who).get(path))
                assert (shown["isAvailable"], shown["nextAvailableSlot"]) == (False, None)


class TestOne:
    def test_a_clinician_is_read_by_id_by_slug_and_by_themself(
        self, cast: Cast, program: ProgramOf, visitor: Program
    ) -> None:
        bo = cast.clinician
        by_id = data_of(visitor.get(address(bo)))
        assert by_id["id"] == data_of(visitor.get("/clinicians/bo-larsen-1"))["id"] == bo.id
        assert data_of(program(cast.bo).get("/clinicians/me"))["id"] == bo.id
        assert [one["id"] for one in by_id["centres"]] == [cast.leeds.id]
        assert [one["title"] for one in by_id["services"]] == ["Consultation"]
        assert by_id["reviews"] == {"avgRating": None, "totalReviews": 0, "recentReviews": []}
        assert by_id["availability"]["timezone"] == "Europe/London"
        assert by_id["availability"]["isAvailable"] is True

    def test_the_next_times_are_five_that_are_free(
        self, session: Session, cast: Cast, visitor: Program
    ) -> None:
        an_appointment(session, clinician=cast.clinician, starts_at=wall("2026-03-03 10:00"))
        shown = data_of(visitor.get(address(cast.clinician)))
        starts = [slot["startAt"] for slot in shown["availability"]["nextSlots"]]
        assert starts == [f"2026-03-03T{hour:02}:00:00Z" for hour in (9, 11, 12, 13, 14)]
        assert shown["nextAvailableSlot"] == shown["availability"]["nextSlots"][0]

    def test_a_centre_that_is_closed_is_not_shown_to_the_public(
        self, session: Session, cast: Cast, program: ProgramOf, visitor: Program
    ) -> None:
        both = a_clinician(session, cast.leeds, cast.york)
        cast.york.is_active = False
        session.flush()
        assert [one["id"] for one in data_of(visitor.get(address(both)))["centres"]] == [cast.leeds.id]
        assert len(data_of(program(cast.ada).get(address(both)))["centres"]) == 2

    @pytest.mark.parametrize("name", ["0", "999999", "9" * 30, "nobody-1", "Bo%20Larsen"])
    def test_nobody_of_that_name(self, visitor: Program, name: str) -> None:
        assert refusal_of(visitor.get(f"/clinicians/{name}")) == (404, "NOT_FOUND")

    def test_me_is_whoever_signed_in(self, cast: Cast, visitor: Program, program: ProgramOf) -> None:
        assert refusal_of(visitor.get("/clinicians/me")) == (401, "UNAUTHORIZED")
        assert refusal_of(program(cast.ana).get("/clinicians/me")) == (404, "NOT_FOUND")
        assert data_of(program(cast.bo).get("/clinicians/me"))["id"] == cast.clinician.id
