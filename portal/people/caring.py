"""People who book for others: whom they look after, and what they keep of them."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session, joinedload

from portal.core.db import refuses
from portal.core.errors import Duplicate, Forbidden, Invalid, NotFound, _
from portal.core.events import publish
from portal.core.permissions import Actor
from portal.people.alike import check_is_new
from portal.people.care_models import Care, Relation
from portal.people.events import DuplicateOverridden, PatientChanged
from portal.people.models import Patient, Resource
from portal.people.patient_facts import describe, describe_further

MOST_DEPENDANTS = 20
TWICE = _("They look after this person already.")


def cared_for_by(session: Session, patient_id: int) -> Sequence[Care]:
    """Whom somebody looks after, by name; those who have yet to allow it are left out."""
    theirs = select(Care).join(Care.patient).where(Care.carer_id == patient_id, Care.paused_at.is_(None))
    return session.scalars(
        theirs.where(Patient.deleted_at.is_(None))
        .options(joinedload(Care.patient))
        .order_by(func.lower(Patient.full_name), Care.id)
    ).all()


def carers_of(session: Session, patient: Patient) -> Sequence[Care]:
    """Who looks after a patient, those included whom the patient has yet to allow; costs nothing for most people."""
    if not patient.is_dependant:
        return []
    statement = select(Care).join(Care.carer).where(Care.patient_id == patient.id)
    return session.scalars(
        statement.where(Patient.deleted_at.is_(None)).options(joinedload(Care.carer)).order_by(Care.id)
    ).all()


def get_care(session: Session, *, carer_id: int | None, patient_id: int) -> Care:
    """One of them; raises NotFound for somebody who is not looked after by that person."""
    found = session.scalar(select(Care).where(Care.carer_id == carer_id, Care.patient_id == patient_id))
    if found is None:
        raise NotFound
    return found


def check_acts_for(session: Session, by: Actor, patient: Patient) -> None:
    """Raises Forbidden unless it is their own record, or that of somebody they look after at this moment.

    To be asked once the patient's time is locked: whoever ends the care locks it too.
    """
    if patient.id == by.patient_id:
        return
    is_theirs = select(Care.id).where(
        Care.carer_id == by.patient_id, Care.patient_id == patient.id, Care.paused_at.is_(None)
    )
    if session.scalar(is_theirs) is None:
        raise Forbidden


def add_dependant(
    session: Session,
    carer: Patient,
    *,
    by: Actor,
    relation: str,
    full_name: str,
    date_of_birth: date | None = None,
    gender: str | None = None,
    blood_group: str | None = None,
    emergency_contact_name: str = "",
    emergency_contact_phone: str | None = None,
    why_new: str | None = None,
    at: datetime,
) -> Patient:
    """A record for somebody whom `carer` looks after. It is always a new one: no phone leads to anybody else's.

    Raises Invalid by field, Duplicate for somebody of the same name and date of birth, and too many. Whoever does
    it for others is asked about somebody alike by `check_is_new`, to which `why_new` goes.
    """
    _lock(session, carer)
    patient = Patient(is_dependant=True, created_at=at, created_by_id=by.account_id if by.is_staff else None)
    describe(patient, full_name, None, date_of_birth, at)
    describe_further(patient, gender, blood_group, emergency_contact_name, emergency_contact_phone)
    known = [care.patient for care in cared_for_by(session, carer.id)]
    if any(_is_same(one, patient) for one in known):
        raise Duplicate(details={"full_name": _("Somebody of this name is in the list already.")})
    if len(known) >= MOST_DEPENDANTS:
        raise Invalid(details={"full_name": _("These are as many people as one can book for here.")})
    is_own = carer.id == by.patient_id
    reason = "" if is_own else check_is_new(session, patient, by=by, why_new=why_new)
    patient.resource = Resource(kind="PATIENT")
    session.add(patient)
    session.flush()
    _begin(session, carer, patient, by=by, relation=relation, at=at)
    publish(session, PatientChanged(patient.id, "patient.create", by, at))
    if reason:
        publish(session, DuplicateOverridden(patient.id, by, at, reason))
    return patient


def link(
    session: Session, carer: Patient, patient: Patient, *, by: Actor, relation: str, at: datetime
) -> Care:
    """Staff say that one patient looks after another. Who signs in by themself is asked first, and may say no.

    Raises Invalid for oneself, and, from `in_transaction`, Duplicate.
    """
    if carer.id == patient.id:
        raise Invalid(details={"carer": _("Choose somebody else: nobody looks after themself here.")})
    _lock(session, patient)
    patient.is_dependant = True
    return _begin(session, carer, patient, by=by, relation=relation, at=at)


def allow(session: Session, care: Care, *, by: Actor, at: datetime) -> None:
    """The patient, who signs in by themself now, lets somebody go on booking for them."""
    if care.patient_id != by.patient_id:
        raise Forbidden
    care.paused_at = None
    publish(session, PatientChanged(care.patient_id, "patient.care-start", by, at))


def end(session: Session, care: Care, *, by: Actor, at: datetime) -> None:
    """Nobody's visits are looked at: that nobody is left alone has been made sure of before."""
    patient = session.get_one(Patient, care.patient_id)
    session.delete(care)
    session.flush()
    patient.is_dependant = bool(carers_of(session, patient)) or not (patient.phone or patient.email)
    publish(session, PatientChanged(patient.id, "patient.care-end", by, at))


def pause(session: Session, patient: Patient, at: datetime) -> None:
    """Somebody signs in with this record for the first time: it is theirs to say who else may see it."""
    session.execute(update(Care).where(Care.patient_id == patient.id).values(paused_at=at))


def forget(session: Session, patient: Patient) -> None:
    """A record that is removed neither looks after anybody nor is looked after."""
    session.execute(delete(Care).where((Care.patient_id == patient.id) | (Care.carer_id == patient.id)))


def _begin(
    session: Session, carer: Patient, patient: Patient, *, by: Actor, relation: str, at: datetime
) -> Care:
    if relation not in set(Relation):
        raise Invalid(details={"relation": _("Choose one of the options.")})
    care = Care(
        carer_id=carer.id,
        patient_id=patient.id,
        relation=relation,
        paused_at=at if patient.account_id is not None else None,
        created_by_id=by.account_id,
        created_at=at,
    )
    session.add(care)
    session.flush()
    publish(session, PatientChanged(patient.id, "patient.care-start", by, at))
    return care


def _lock(session: Session, patient: Patient) -> None:
    """Of two clicks at once, the second finds what the first has written."""
    session.execute(select(Patient.id).where(Patient.id == patient.id).with_for_update(key_share=True))


def _is_same(one: Patient, other: Patient) -> bool:
    return (one.full_name.casefold(), one.date_of_birth) == (other.full_name.casefold(), other.date_of_birth)


refuses("uq_care_carer_id_patient_id", lambda: Duplicate(details={"carer": TWICE}))
