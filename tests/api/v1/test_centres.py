"""Centres by the API."""

from sqlalchemy.orm import Session

from tests.api.client import Program, data_of, details_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.cast import Cast
from tests.factories import a_centre, an_appointment


def test_the_public_finds_the_centres_that_take_bookings(
    session: Session, cast: Cast, visitor: Program
) -> None:
    leeds = cast.leeds
    a_centre(session, name="Closed", city="York").is_active = False
    session.flush()
    assert [centre["id"] for centre in data_of(visitor.get("/centres", city="LEEDS"))] == [leeds.id]
    assert data_of(visitor.get("/centres", city="York")) == []


def test_a_list_comes_in_pages(session: Session, visitor: Program) -> None:
    for number in range(3):
        a_centre(session, name=f"Centre {number}", city="Hull")
    answer = visitor.get("/centres", city="Hull", limit=2, page=2).get_json()
    assert [centre["name"] for centre in answer["data"]] == ["Centre 2"]
    assert answer["pagination"] == {
        "page": 2,
        "limit": 2,
        "total": 3,
        "totalPages": 2,
        "hasNext": False,
        "hasPrev": True,
    }


def test_a_page_below_the_first_is_no_page(visitor: Program) -> None:
    answer = visitor.get("/centres", page=0)
    assert refusal_of(answer) == (400, "VALIDATION_ERROR")
    assert "page" in details_of(answer)


def test_a_manager_opens_a_centre(cast: Cast, program: ProgramOf) -> None:
    made = program(cast.max).post(
        "/centres",
        {"name": "Harbour", "city": "Hull", "timezone": "Europe/London", "currency": "gbp"},
    )
    assert made.status_code == 201
    assert data_of(made)["currency"] == "GBP"
    again = program(cast.max).post("/centres", {"name": "harbour", "city": "HULL"})
    assert refusal_of(again) == (409, "DUPLICATE_ENTRY")
    assert "name" in details_of(again)


def test_what_is_wrong_is_said_by_field_in_words(cast: Cast, program: ProgramOf) -> None:
    answer = program(cast.ada).post("/centres", {"city": 7, "zone": "Mars"})
    assert refusal_of(answer) == (400, "VALIDATION_ERROR")
    assert details_of(answer) == {
        "name": "This is needed.",
        "city": "This must be a text.",
        "zone": "We do not know this field.",
    }
    wrong_zone = program(cast.ada).post("/centres", {"name": "Moon", "city": "Hull", "timezone": "Mars"})
    assert details_of(wrong_zone) == {"timeZone": "Choose a time zone."}


def test_a_centre_manager_corrects_only_their_own_centre(cast: Cast, program: ProgramOf) -> None:
    mia = program(cast.mia)
    assert data_of(mia.patch(f"/centres/{cast.leeds.id}", {"address": "1 Quay"}))["address"] == "1 Quay"
    assert refusal_of(mia.patch(f"/centres/{cast.york.id}", {"address": "x"})) == (403, "FORBIDDEN")
    assert refusal_of(mia.patch(f"/centres/{cast.leeds.id}", {"isActive": False})) == (403, "FORBIDDEN")


def test_a_centre_where_somebody_is_booked_cannot_be_deleted(
    session: Session, cast: Cast, program: ProgramOf
) -> None:
    an_appointment(session, clinician=cast.clinician)
    ada = program(cast.ada)
    assert refusal_of(ada.delete(f"/centres/{cast.leeds.id}")) == (409, "CONFLICT")
    assert ada.delete(f"/centres/{cast.york.id}").status_code == 200
    assert refusal_of(ada.get(f"/centres/{cast.york.id}")) == (404, "NOT_FOUND")
