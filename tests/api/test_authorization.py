"""Who may do what to whose: every endpoint, tried as every role on its own, another's and another centre's object.

Generated from the table of endpoints. Ana is Bo's patient at Leeds, where Fay, Cora and Mia work; Zora is Zoe's at
York.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.accounts.models import Account, Device
from portal.appointments.models import Appointment
from portal.core.permissions import SYSTEM, Actor, Role
from portal.imports.commands import check_file
from portal.imports.models import Kind
from portal.notifications.models import Delivery
from portal.people.caring import add_dependant, link
from portal.people.models import Clinician, Patient
from tests.api.client import Program
from tests.api.conftest import ProgramOf
from tests.api.table import Row, rows
from tests.api.v1.repeated import a_series
from tests.api.v1.waiting import a_waiting
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import a_patient, a_skill, an_appointment, service_of, slots_of
from tests.payments.paying import a_paid, a_payment, a_payout, a_receipt, a_subscription
from tests.payments.quotes import a_quotation, sent

BOUND = {Role.CENTRE_MANAGER, Role.CARE_COORDINATOR, Role.FRONT_DESK}
EVERYWHERE = {Role.ADMIN, Role.MANAGER}
ROWS = [row for row in rows() if row.method != "GET" or row.path not in {"/openapi.json", "/docs"}]
RESOURCES = sorted({row.path.split("/")[1] for row in ROWS})


WITHIN = {"service": "clinician", "skill": "clinician", "carer": "patient"}
"""What has a place within something else: the first {id} of its path names that."""


@dataclass
class Objects:
    """What {id} may name, and what bodies mention."""

    ids: dict[str, Any]

    def path(self, row: Row) -> str:
        if row.scope in WITHIN:
            return row.path.replace("{id}", str(self.ids[WITHIN[row.scope]]), 1).replace(
                "{id}", str(self.ids[row.scope])
            )
        return row.path.replace("{id}", str(self.ids.get(row.scope or "", "")))


@pytest.fixture
def people(cast: Cast) -> dict[Role, Actor]:
    return {
        Role.ADMIN: cast.ada,
        Role.MANAGER: cast.max,
        Role.CENTRE_MANAGER: cast.mia,
        Role.CARE_COORDINATOR: cast.cora,
        Role.FRONT_DESK: cast.fay,
        Role.CLINICIAN: cast.bo,
        Role.PATIENT: cast.ana,
    }


@pytest.fixture
def own(session: Session, cast: Cast) -> Objects:
    booked = an_appointment(session, clinician=cast.clinician, patient=cast.patient)
    colleague = cast.fay.account_id
    return Objects(
        {
            "appointment": booked.id,
            "series": a_series(session, cast.clinician, cast.patient),
            "patient": cast.patient.id,
            "seen_patient": cast.patient.id,
            "clinician": cast.clinician.id,
            "service": service_of(session, cast.clinician).id,
            **_able(session, cast.clinician),
            "centre": cast.leeds.id,
            "colleague": colleague,
            "slot": slots_of(session, cast.clinician)[5].id,
            "device": 1,
            "notification": 1,
            "delivery": _message_about(session, booked),
            **_paid(session, cast, cast.clinician, cast.patient),
            "subscription": a_subscription(session, cast).id,
            "payout": a_payout(session, cast, cast.clinician).id,
            **_quoted(session, cast, cast.clinician),
            **a_waiting(session, cast.clinician, booked),
            "dependant": _looked_after(session, cast.patient, cast.ana),
            "carer": _a_carer(session, cast.patient),
            "import": _a_file(session, cast),
        }
    )


@pytest.fixture
def other(session: Session, cast: Cast) -> Objects:
    zoe = _clinician_of(session, cast.zoe)
    booked = an_appointment(session, clinician=zoe, patient=cast.stranger)
    return Objects(
        {
            "appointment": booked.id,
            "series": a_series(session, zoe, cast.stranger),
            "patient": cast.stranger.id,
            "seen_patient": cast.stranger.id,
            "clinician": zoe.id,
            "service": service_of(session, zoe).id,
            **_able(session, zoe),
            "centre": cast.york.id,
            "colleague": cast.zack.account_id,
            "slot": slots_of(session, zoe)[5].id,
            "device": _a_device(session, a_patient(session).account_id),
            "notification": _a_notification(session, a_patient(session).account_id),
            "delivery": _message_about(session, booked),
            **_paid(session, cast, zoe, cast.stranger),
            "subscription": a_subscription(session, cast, patient_id=cast.stranger.id).id,
            "payout": a_payout(session, cast, zoe).id,
            **_quoted(session, cast, zoe),
            **a_waiting(session, zoe, booked),
            "dependant": _looked_after(session, cast.stranger, cast.zora),
            "carer": _a_carer(session, cast.stranger),
            "import": _a_file(session, cast),
        }
    )


@dataclass
class World:
    session: Session
    cast: Cast
    own: Objects
    other: Objects

    def ask(self, caller: Program, row: Row, objects: Objects) -> TestResponse:
        more = {} if row.method in {"GET", "DELETE"} else {"json": self._filled(row.body or {})}
        return caller.send(row.method, objects.path(row), **more)

    def faults(self, caller: Program, row: Row, role: Role | None, whose: str) -> list[str]:
        """What is wrong with the answer to that role about its own or another's object."""
        with undone(self.session):
            answer = self.ask(caller, row, self.own if whose == "own" else self.other)
        expected = expectation(row, role, whose)
        faults = (
            [] if _is_as(expected, answer) else [f"{answer.status_code}, not {expected}: {answer.text[:300]}"]
        )
        if expected in {401, 403, 404}:
            faults += [f"reads {leak}" for leak in _leaks(answer)]
        return [f"{row}: {role or 'VISITOR'} on {whose}: {fault}" for fault in faults]

    def _filled(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._filled(inner) for name, inner in value.items()}
        meant = {"{leeds}": self.cast.leeds.id, **{f"{{{name}}}": one for name, one in self.own.ids.items()}}
        return meant.get(value, value) if isinstance(value, str) else value


@pytest.fixture
def world(session: Session, cast: Cast, own: Objects, other: Objects) -> World:
    return World(session, cast, own, other)


@pytest.mark.parametrize("resource", RESOURCES)
def test_each_role(
    resource: str, world: World, people: dict[Role, Actor], program: ProgramOf, visitor: Program
) -> None:
    asked = [(row, whose) for row in ROWS if row.path.split("/")[1] == resource for whose in ("own", "other")]
    faults = [fault for row, whose in asked for fault in world.faults(visitor, row, None, whose)]
    for role, actor in people.items():
        caller = program(actor)
        world.own.ids["device"] = _device_of(world.session, actor)
        world.own.ids["notification"] = _a_notification(world.session, actor.account_id)
        faults += [fault for row, whose in asked for fault in world.faults(caller, row, role, whose)]
    assert not faults, "\n".join(faults)


def expectation(row: Row, role: Role | None, whose: str) -> int:
    """200 for anything that the door and the row's scope let through, else the status of the refusal."""
    if row.is_public:
        return 200
    if role is None:
        return 401
    if role not in row.roles:
        return 403
    return 200 if row.scope is None or whose == "own" else _on_anothers(row, role)


def _on_anothers(row: Row, role: Role) -> int:
    if row.scope in {"device", "notification"}:
        return 404
    if role in EVERYWHERE or (row.scope in {"patient", "carer"} and role in BOUND):
        return 200
    return 403 if role in BOUND else 404


def _is_as(expected: int, answer: TestResponse) -> bool:
    """What was let through may still be refused: a conflict, a body that needs more, a provider that is not set up."""
    return (
        answer.status_code in {200, 201, 400, 409, 503} if expected == 200 else answer.status_code == expected
    )


def _leaks(answer: TestResponse) -> list[str]:
    names = ("Zora", "Zoe", "Ahmed", "Ana Silva", "Larsen", "York", "Leeds", "@example.org", "+44")
    error = (answer.json or {}).get("error", {})
    return [name for name in names if name in answer.text] + [
        field for field in error if field not in {"code", "message", "details"}
    ]


@contextmanager
def undone(session: Session) -> Iterator[None]:
    """Whatever happens inside has not happened."""
    attempt = session.begin_nested()
    session.connection()  # the savepoint is there from here on, and not only from the session's next statement
    try:
        yield
    finally:
        attempt.rollback()
        session.expire_all()


def _looked_after(session: Session, carer: Patient, by: Actor) -> int:
    """The child of that patient."""
    child = add_dependant(session, carer, by=by, relation="CHILD", full_name="Mina", at=NOW)
    return child.id


def _a_carer(session: Session, patient: Patient) -> int:
    """Somebody who has yet to be allowed to book for that patient."""
    carer = a_patient(session, full_name="Nora Lind")
    return link(session, carer, patient, by=SYSTEM, relation="PARENT", at=NOW).carer_id


def _a_file(session: Session, cast: Cast) -> int:
    """A file that can be brought in."""
    content = b"full_name,email\nZoe Faure,zoe@example.org"
    facts: dict[str, Any] = {"content": content, "file_name": "", "region": "GB", "at": NOW}
    return check_file(session, by=cast.max, kind=Kind.PATIENTS, **facts).id


def _quoted(session: Session, cast: Cast, clinician: Clinician) -> dict[str, Any]:
    """A quotation of theirs that was sent, and the secret in its link."""
    quotation = a_quotation(session, cast, clinician)
    return {"quotation_token": sent(session, quotation), "quotation": quotation.id}


def _able(session: Session, clinician: Clinician) -> dict[str, int]:
    """A skill of theirs, and its category."""
    skill = a_skill(session, clinician)
    return {"skill": skill.id, "category": skill.category_id}


def _clinician_of(session: Session, actor: Actor) -> Clinician:
    return session.get_one(Clinician, actor.clinician_id)


def _device_of(session: Session, actor: Actor) -> int:
    found = session.scalar(
        select(Device.id).where(Device.account_id == actor.account_id).order_by(Device.id.desc()).limit(1)
    )
    assert found is not None
    return found


def _message_about(session: Session, booked: Appointment) -> int:
    found = session.scalar(select(Delivery.id).where(Delivery.appointment_id == booked.id).limit(1))
    assert found is not None
    return found


def _paid(session: Session, cast: Cast, clinician: Clinician, patient: Patient) -> dict[str, int]:
    """A visit that was paid for and has its receipt."""
    visit = an_appointment(session, clinician=clinician, patient=patient)
    people = {"patient_id": patient.id, "account_id": patient.account_id, "centre_id": visit.centre_id}
    payment = a_paid(session, cast, appointment_id=visit.id, **people)
    a_receipt(session, payment)
    unpaid = an_appointment(session, clinician=clinician, patient=patient)
    link = a_payment(session, cast, appointment_id=unpaid.id, is_link=True, **people)
    return {"paid": visit.id, "payment": payment.id, "link": link.id}


def _a_device(session: Session, account_id: int | None) -> int:
    from portal.accounts.devices import sign_in_device

    account = session.get_one(Account, account_id)
    sign_in_device(session, account, description="another's", at=NOW)
    session.flush()
    return int(session.scalars(select(Device.id).where(Device.account_id == account.id)).one())


def _a_notification(session: Session, account_id: int | None) -> int:
    from portal.notifications import inbox

    told = inbox.tell(
        session, account_id or 0, "meeting_confirmed", "Confirmed", "", action="", related_id=None, at=NOW
    )
    session.flush()
    return told.id
