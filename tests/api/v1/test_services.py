"""What clinicians offer, by the API."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.core.permissions import Role
from portal.people.models import Clinician
from portal.scheduling.models import Service
from tests.api.client import Program, data_of, details_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.cast import Cast
from tests.factories import (
    a_centre,
    a_clinician,
    a_service,
    account_of,
    an_account,
    an_appointment,
    service_of,
)

CHECK_UP = {"title": "Check-up", "durationMinutes": 30}


def path_of(clinician: Clinician, service: Service | None = None) -> str:
    return f"/clinicians/{clinician.id}/services" + (f"/{service.id}" if service else "")


def test_the_public_reads_what_is_offered(session: Session, cast: Cast, visitor: Program) -> None:
    service = service_of(session, cast.clinician)
    expected = {
        "id": service.id,
        "title": "Consultation",
        "description": "",
        "durationMinutes": 60,
        "bufferBeforeMinutes": 0,
        "bufferAfterMinutes": 0,
        "price": 60.0,
        "currency": "GBP",
        "isOnline": False,
        "isInPerson": True,
        "isActive": True,
    }
    assert data_of(visitor.get(path_of(cast.clinician))) == [expected]
    assert data_of(visitor.get("/clinicians/bo-larsen-1/services")) == [expected]


def test_who_is_not_listed_offers_the_public_nothing(
    session: Session, cast: Cast, program: ProgramOf, visitor: Program
) -> None:
    cast.clinician.is_accepting = False
    session.flush()
    assert refusal_of(visitor.get(path_of(cast.clinician))) == (404, "NOT_FOUND")
    assert len(data_of(program(cast.bo).get("/clinicians/me/services"))) == 1
    assert len(data_of(program(cast.fay).get(path_of(cast.clinician)))) == 1


def test_who_has_them_already_is_told_so(session: Session, cast: Cast, visitor: Program) -> None:
    path = path_of(cast.clinician)
    known = {"If-None-Match": visitor.get(path).headers["ETag"]}
    assert visitor.send("GET", path, headers=known).status_code == 304
    a_service(session, cast.clinician)
    assert len(data_of(visitor.send("GET", path, headers=known))) == 2


def test_a_manager_offers_another_service_at_the_usual_fee(
    cast: Cast, program: ProgramOf, visitor: Program
) -> None:
    answer = program(cast.mia).post(path_of(cast.clinician), CHECK_UP)
    made = data_of(answer)
    assert answer.status_code == 201
    assert (made["price"], made["isOnline"], made["isInPerson"]) == (60.0, False, True)
    assert made in data_of(visitor.get(path_of(cast.clinician)))


def test_the_same_key_offers_it_once(cast: Cast, program: ProgramOf, visitor: Program) -> None:
    mia = program(cast.mia)
    first, again = (mia.post(path_of(cast.clinician), CHECK_UP, key="k1") for _time in range(2))
    assert data_of(first)["id"] == data_of(again)["id"]
    assert len(data_of(visitor.get(path_of(cast.clinician)))) == 2


def test_who_works_at_no_centre_sees_people_online_and_sets_the_price(
    session: Session, program: ProgramOf
) -> None:
    online = program(account_of(session, a_clinician(session, None)))
    made = data_of(online.post("/clinicians/me/services", {**CHECK_UP, "price": 12.5}))
    assert (made["price"], made["isOnline"], made["isInPerson"]) == (12.5, True, False)


def test_a_price_is_in_the_currency_of_the_clinician(
    session: Session, cast: Cast, program: ProgramOf
) -> None:
    tokyo = a_clinician(session, a_centre(session, currency="JPY"))
    made = data_of(program(cast.ada).post(path_of(tokyo), {**CHECK_UP, "price": 4000}))
    assert (made["price"], made["currency"]) == (4000.0, "JPY")
    assert session.get_one(Service, made["id"]).price_minor == 4000
    finer = program(cast.ada).post(path_of(tokyo), {**CHECK_UP, "price": 4000.5})
    assert list(details_of(finer)) == ["price"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", " "),
        ("title", None),
        ("title", "x" * 121),
        ("durationMinutes", 4),
        ("durationMinutes", 481),
        ("durationMinutes", 10**30),
        ("durationMinutes", "long"),
        ("bufferBeforeMinutes", 121),
        ("bufferAfterMinutes", -1),
        ("price", -1),
        ("price", 0.001),
        ("price", 10**15),
        ("description", "x" * 4001),
        ("description", "\0"),
        ("currency", "EUR"),
    ],
)
def test_what_is_wrong_is_said_by_field(
    session: Session, cast: Cast, program: ProgramOf, field: str, value: object
) -> None:
    ada, clinician = program(cast.ada), cast.clinician
    new = ada.post(path_of(clinician), {**CHECK_UP, field: value})
    changed = ada.patch(path_of(clinician, service_of(session, clinician)), {field: value})
    for answer in (new, changed):
        assert refusal_of(answer) == (400, "VALIDATION_ERROR")
        assert list(details_of(answer)) == [field]


def test_a_service_is_online_or_in_person(session: Session, cast: Cast, program: ProgramOf) -> None:
    ada, neither = program(cast.ada), {"isOnline": False, "isInPerson": False}
    new = ada.post(path_of(cast.clinician), {**CHECK_UP, **neither})
    changed = ada.patch(path_of(cast.clinician, service_of(session, cast.clinician)), neither)
    assert list(details_of(new)) == list(details_of(changed)) == ["isOnline"]


def test_only_what_is_given_is_changed_and_what_is_booked_stays(
    session: Session, cast: Cast, program: ProgramOf, visitor: Program
) -> None:
    service = service_of(session, cast.clinician)
    visit = an_appointment(session, clinician=cast.clinician)
    ends_at = visit.ends_at
    [before] = data_of(visitor.get(path_of(cast.clinician)))
    given = {"durationMinutes": 30, "price": 90}
    assert data_of(program(cast.ada).patch(path_of(cast.clinician, service), given)) == before | given
    session.expire_all()
    kept = session.get_one(Appointment, visit.id)
    assert (kept.ends_at, kept.fee_minor) == (ends_at, 6000)


def test_clinicians_keep_their_services_but_not_the_prices_of_their_centre(
    session: Session, cast: Cast, program: ProgramOf
) -> None:
    bo, service = program(cast.bo), service_of(session, cast.clinician)
    path = f"/clinicians/me/services/{service.id}"
    assert data_of(bo.patch(path, {"title": "First visit", "price": 60}))["title"] == "First visit"
    assert refusal_of(bo.patch(path, {"price": 61})) == (409, "CONFLICT")
    assert refusal_of(bo.post("/clinicians/me/services", {**CHECK_UP, "price": 61})) == (409, "CONFLICT")
    assert data_of(bo.post("/clinicians/me/services", CHECK_UP))["price"] == 60.0


def test_what_is_offered_no_longer_can_be_offered_again(
    session: Session, cast: Cast, program: ProgramOf, visitor: Program
) -> None:
    mia, service = program(cast.mia), service_of(session, cast.clinician)
    assert mia.delete(path_of(cast.clinician, service)).status_code == 200
    everything = {"includeInactive": "true"}
    assert data_of(visitor.get(path_of(cast.clinician))) == []
    [shown] = data_of(mia.get(path_of(cast.clinician), **everything))
    assert (shown["id"], shown["isActive"]) == (service.id, False)
    for other in (visitor, program(cast.zoe), program(cast.ana)):
        assert data_of(other.get(path_of(cast.clinician), **everything)) == []
    assert data_of(mia.patch(path_of(cast.clinician, service), {"isActive": True}))["isActive"] is True
    assert len(data_of(visitor.get(path_of(cast.clinician)))) == 1


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_nobody_else_keeps_them(
    session: Session, cast: Cast, program: ProgramOf, visitor: Program, method: str
) -> None:
    bodies: dict[str, Any] = {"POST": CHECK_UP, "PATCH": {"title": "x"}}
    more = {"json": bodies[method]} if method in bodies else {}
    service = service_of(session, cast.clinician)
    path = path_of(cast.clinician, None if method == "POST" else service)
    yorks = an_account(session, Role.CENTRE_MANAGER, centre=cast.york)
    assert refusal_of(visitor.send(method, path, **more)) == (401, "UNAUTHORIZED")
    assert refusal_of(program(cast.zoe).send(method, path, **more)) == (404, "NOT_FOUND")
    for who in (cast.ana, cast.fay, cast.cora, yorks):
        assert refusal_of(program(who).send(method, path, **more)) == (403, "FORBIDDEN")
    [kept] = data_of(visitor.get(path_of(cast.clinician)))
    assert kept["title"] == "Consultation"


def test_a_service_is_reached_only_by_its_own_clinician(
    session: Session, cast: Cast, program: ProgramOf
) -> None:
    other = service_of(session, a_clinician(session, cast.leeds))
    for path in (path_of(cast.clinician, other), f"{path_of(cast.clinician)}/{2**62}"):
        assert refusal_of(program(cast.ada).patch(path, {"title": "x"})) == (404, "NOT_FOUND")
        assert refusal_of(program(cast.ada).delete(path)) == (404, "NOT_FOUND")
