"""Whom one may find among patients and clinicians."""

import re
from collections.abc import Callable, Sequence
from functools import cache

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Select,
    and_,
    bindparam,
    case,
    column,
    exists,
    false,
    func,
    or_,
    select,
    table,
    true,
)
from sqlalchemy.orm import Session, aliased, contains_eager, defer, joinedload

from portal.accounts.models import Account
from portal.core.db import folded
from portal.core.errors import Forbidden, NotFound
from portal.core.pagination import DEFAULT_LIMIT, Page, paginate
from portal.core.permissions import Actor, Permission, Role
from portal.people.matching import has_phone_part, matching
from portal.people.models import Clinician, ClinicianApproval, ClinicianCentre, Patient

MOST_DUPLICATES = 10

_old = aliased(Patient)

# Appointments stand above people and may not be imported here; who treats whom is read from these columns only.
_appointment = table(
    "appointment",
    column("patient_id", BigInteger),
    column("clinician_id", BigInteger),
    column("booked_at", DateTime(timezone=True)),
)


def patient_visible_to(actor: Actor) -> ColumnElement[bool]:
    """Own records and those they look after for patients; whom they treat or registered for clinicians; else everybody.

    A time that was only held makes nobody a clinician's patient.
    """
    own = Patient.id.in_(sorted(actor.patient_ids)) if actor.patient_ids else false()
    if actor.role is Role.CLINICIAN:
        treats = exists().where(
            _appointment.c.patient_id == Patient.id,
            _appointment.c.clinician_id == actor.clinician_id,
            _appointment.c.booked_at.is_not(None),
        )
        seen = or_(own, Patient.created_by_id == actor.account_id, treats)
    else:
        seen = true() if actor.may(Permission.PATIENT_VIEW) else own
    return Patient.deleted_at.is_(None) & seen


def patients_listed(actor: Actor, *, search: str = "", phone: str = "") -> Select[Patient]:
    """The statement behind every list of patients: those whom the actor may see, by name.

    `search` is as in `matching`; `phone` finds part of a phone, however it is written.
    """
    conditions = [patient_visible_to(actor), *matching(search)]
    if phone.strip():
        conditions.append(has_phone_part(phone))
    found = select(Patient).where(*conditions).options(defer(Patient.medical_history, raiseload=True))
    return found.order_by(func.lower(Patient.full_name), Patient.id)


def search_patients(
    session: Session,
    actor: Actor,
    *,
    search: str = "",
    phone: str = "",
    page: int = 1,
    limit: int = DEFAULT_LIMIT,
) -> Page[Patient]:
    """A page of that list."""
    return paginate(session, patients_listed(actor, search=search, phone=phone), page, limit)


def get_visible_patient(session: Session, actor: Actor, patient_id: int) -> Patient:
    """The patient's record, or the one that it went into; raises NotFound unless the actor may see that.

    For those who may not read it, the medical history is not loaded, and asking for it is an error.
    """
    patient = session.scalar(visible_patient(actor, patient_id))
    if patient is None:
        raise NotFound
    return patient


def visible_patient(actor: Actor, patient_id: int) -> Select[Patient]:
    """The record that `get_visible_patient` answers, or none."""
    into = select(_old.merged_into_id).where(_old.id == patient_id).scalar_subquery()
    is_meant = Patient.id == func.coalesce(into, patient_id)
    statement = select(Patient).where(is_meant, patient_visible_to(actor))
    if not actor.may(Permission.PATIENT_MEDICAL_HISTORY):
        statement = statement.options(defer(Patient.medical_history, raiseload=True))
    return statement


def find_duplicates(
    session: Session, actor: Actor, *, phone: str | None, full_name: str, email: str | None
) -> Sequence[Patient]:
    """Records the actor may see that may be of the same person: the same phone first, then emails, then names."""
    has_phone = Patient.phone == phone if phone else false()
    has_email = Patient.email == email.lower() if email else false()
    has_name = folded(Patient.full_name) == folded(" ".join(full_name.split()))
    found = (
        select(Patient)
        .where(patient_visible_to(actor), or_(has_phone, has_email, has_name))
        .order_by(case((has_phone, 0), (has_email, 1), else_=2), Patient.id)
        .limit(MOST_DUPLICATES)
        .options(defer(Patient.medical_history, raiseload=True))
    )
    return session.scalars(found).all()


@cache
def listed(*, beside_account: bool = False) -> ColumnElement[bool]:
    """Clinicians the public may see: approved, active, accepting patients, with an account that is switched on.

    `beside_account` is for statements that join the account: it is not looked up a second time for each clinician.
    Built once: it is part of almost every public page.
    """
    is_complete = (
        (Clinician.bio != "") & (Clinician.specialization != []) & (Clinician.consultation_fee_minor > 0)
    )
    # Staff say themselves when whom they have made is ready; whoever signed up is, with a whole profile.
    counts = Account.is_active & Account.deleted_at.is_(None) & (Account.signed_up_at.is_(None) | is_complete)
    has_account = counts if beside_account else Clinician.account.has(counts)
    return (
        Clinician.approved_at.is_not(None)
        & Clinician.is_active
        & Clinician.is_accepting
        & Clinician.deleted_at.is_(None)
        & has_account
    )


def works_at(centre_ids: frozenset[int]) -> ColumnElement[bool]:
    """Clinicians of any of the centres."""
    return exists().where(
        ClinicianCentre.clinician_id == Clinician.id, ClinicianCentre.centre_id.in_(sorted(centre_ids))
    )


def clinician_visible_to(actor: Actor) -> ColumnElement[bool]:
    """Listed ones for everybody; for clinicians also themselves; for staff all of their centre, or of the practice."""
    if actor.role is Role.CLINICIAN:
        return or_(listed(), Clinician.id == actor.clinician_id)
    if actor.role is None or actor.role is Role.PATIENT:
        return listed()
    in_reach = works_at(actor.centre_ids) if actor.role.is_bound_to_centre else true()
    return Clinician.deleted_at.is_(None) & in_reach


def clinicians_of(
    actor: Actor,
    *,
    is_active: bool | None = None,
    is_approved: bool | None = None,
    is_decided: bool | None = None,
) -> ColumnElement[bool]:
    """Clinicians whom the actor may see, in one state if it is named; `is_decided`: approved or rejected once."""
    conditions = [clinician_visible_to(actor)]
    if is_active is not None:
        conditions.append(Clinician.is_active == is_active)
    if is_approved is not None:
        conditions.append(Clinician.approved_at.is_not(None) == is_approved)
    if is_decided is not None:
        decided = exists().where(ClinicianApproval.clinician_id == Clinician.id)
        conditions.append(decided if is_decided else ~decided)
    return and_(*conditions)


def get_listed(session: Session, slug_or_id: str | int) -> Clinician:
    """A clinician's public page by slug or id, with the centres; raises NotFound."""
    return _one(session, slug_or_id, _listed_by)


def get_readable(session: Session, actor: Actor, slug_or_id: str | int) -> Clinician:
    """A clinician whom the public may see, or whom the actor works with, with the centres; raises NotFound."""
    visible = clinician_visible_to(actor)
    if visible is listed():
        return get_listed(session, slug_or_id)
    return _one(session, slug_or_id, lambda key: _by(key).where(or_(listed(), visible)))


def _one(session: Session, slug_or_id: str | int, by: Callable[[str], Select[Clinician]]) -> Clinician:
    text = str(slug_or_id)
    is_id = re.fullmatch(r"[0-9]{1,18}", text) is not None
    found = session.scalars(by("id" if is_id else "slug"), {"meant": int(text) if is_id else text})
    clinician = found.unique().one_or_none()
    if clinician is None:
        raise NotFound
    return clinician


def _by(key: str) -> Select[Clinician]:
    is_meant = getattr(Clinician, key) == bindparam("meant")
    return select(Clinician).where(is_meant).options(joinedload(Clinician.centres))


@cache
def _listed_by(key: str) -> Select[Clinician]:
    """Built once, as `listed` is."""
    beside_account = _by(key).join(Clinician.account).options(contains_eager(Clinician.account))
    return beside_account.where(listed(beside_account=True))


# Built once: each page of one's own day begins with it.
NOT_DELETED = _by("id").where(Clinician.deleted_at.is_(None))


def get_manageable(session: Session, actor: Actor, clinician_id: int) -> Clinician:
    """A clinician whose hours and profile the actor may change, with the centres.

    Raises NotFound, and Forbidden for staff of a centre where this clinician does not work. Clinicians find
    themselves only.
    """
    found = session.scalars(NOT_DELETED, {"meant": clinician_id})
    clinician = found.unique().one_or_none()
    is_hidden = not actor.is_staff or (actor.role is Role.CLINICIAN and actor.clinician_id != clinician_id)
    if clinician is None or is_hidden:
        raise NotFound
    if actor.role is not Role.CLINICIAN and not _reaches(actor, clinician):
        raise Forbidden
    return clinician


def reaches_wholly(actor: Actor, clinician: Clinician) -> bool:
    """Does this person manage all of the clinician's centres? Else only the part at their own is theirs to change."""
    return all(actor.may_at(centre.id) for centre in clinician.centres if centre.deleted_at is None)


def check_wholly_in_reach(actor: Actor, clinician: Clinician) -> None:
    """Raises Forbidden unless all of the clinician's work is the actor's to decide about."""
    if not reaches_wholly(actor, clinician):
        raise Forbidden


def _reaches(actor: Actor, clinician: Clinician) -> bool:
    return not actor.centre_ids.isdisjoint(centre.id for centre in clinician.centres) or actor.may_at(None)
