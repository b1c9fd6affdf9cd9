"""The records of people who sign up by themselves."""

from sqlalchemy import BigInteger, column, exists, table, update
from sqlalchemy.orm import Session

from portal.accounts.events import AccountSignedUp, SignUpsReplaced
from portal.accounts.models import Account
from portal.core.events import publish
from portal.core.permissions import SYSTEM, Role
from portal.people.clinicians import free_slug, new_resource
from portal.people.events import ClinicianCreated
from portal.people.models import Clinician, Patient, Resource

# Appointments stand above people and may not be imported here.
_appointment = table("appointment", column("patient_id", BigInteger))


def create_record(session: Session, event: AccountSignedUp) -> None:
    """Subscriber: a patient's record, or a clinician's that waits for approval and works at no centre yet."""
    account = session.get_one(Account, event.account_id)
    if account.role_name is Role.PATIENT:
        session.add(_patient(account, event))
        session.flush()
        return
    clinician = Clinician(
        account=account,
        centres=[],
        currency=event.currency,
        time_zone=event.time_zone,
        slug=free_slug(session, account.full_name),
        resource_id=new_resource(session),
        is_active=True,
        is_accepting=True,
        created_at=event.at,
    )
    session.add(clinician)
    session.flush()
    publish(session, ClinicianCreated(clinician.id, SYSTEM, event.at))


def remove_records(session: Session, event: SignUpsReplaced) -> None:
    """Subscriber: the records of sign-ups that nobody confirmed. A patient for whom staff have booked stays theirs."""
    has_come = exists().where(_appointment.c.patient_id == Patient.id)
    session.execute(
        update(Patient).where(Patient.account_id.in_(event.account_ids), has_come).values(account_id=None)
    )
    for kind in (Patient, Clinician):
        session.execute(
            update(kind).where(kind.account_id.in_(event.account_ids)).values(deleted_at=event.at)
        )


def _patient(account: Account, event: AccountSignedUp) -> Patient:
    return Patient(
        account_id=account.id,
        full_name=account.full_name,
        email=account.email,
        lead_source="Website",
        created_by_id=account.id,
        created_at=event.at,
        resource=Resource(kind="PATIENT"),
    )
