"""Whom one may write to (MSG-02): as conditions on accounts and centres, and as checks of one receiver."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, or_, select
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.accounts.queries import staff_visible_to
from portal.appointments.models import Appointment
from portal.appointments.queries import BOOKED, of_patients
from portal.centres.models import Centre
from portal.centres.queries import readable_by
from portal.conversations.errors import AccountClosed, NobodyToWriteTo
from portal.conversations.models import Conversation, ConversationMessage
from portal.conversations.rules import is_of_team, is_team_member
from portal.core.errors import Forbidden, NotFound
from portal.core.permissions import Actor, Role
from portal.people.models import Clinician, ClinicianCentre, Patient
from portal.people.queries import clinician_visible_to, listed, patient_visible_to

OPEN = Account.is_active & Account.deleted_at.is_(None)
"""Accounts that somebody can sign in with, and so read."""
BOUND = [role for role in Role if role.is_bound_to_centre]


def writable_by(actor: Actor) -> ColumnElement[bool]:
    """Accounts that the actor may write to as themself, closed ones included.

    Whom they share a visit with, held times left out; of their centre, if they work there; whoever wrote to them.
    """
    reached = [_treating(actor), _treated_by(actor), Account.id.in_(_senders_to(actor))]
    if is_team_member(actor):
        reached.append(_of_centres(actor.centre_ids) if _is_bound(actor) else _everybody_seen_by(actor))
    elif actor.role is Role.CLINICIAN:
        reached.append(Account.centre_id.in_(sorted(actor.centre_ids)) & Account.role.in_(BOUND))
    return and_(Account.id != actor.account_id, or_(*reached))


def teams_open_to(actor: Actor) -> ColumnElement[bool]:
    """Centres whose team the actor may write to: where they have been seen, work, or were written to from."""
    if is_team_member(actor) or not actor.is_signed_in:
        return false()
    visited = select(Appointment.centre_id).where(of_patients(actor.patient_ids), BOOKED)
    written = select(Conversation.centre_id).where(Conversation.account_id == actor.account_id)
    works_at = sorted(actor.centre_ids) if actor.role is Role.CLINICIAN else []
    return or_(Centre.id.in_(visited), Centre.id.in_(written), Centre.id.in_(works_at))


def writable_for_team(centre_id: int) -> ColumnElement[bool]:
    """Accounts that the team of the centre may write to: its patients and clinicians, and whoever wrote to it."""
    wrote = select(Conversation.account_id).where(Conversation.centre_id == centre_id)
    return or_(_of_centres(frozenset([centre_id])), Account.id.in_(wrote))


def check_person(session: Session, actor: Actor, account_id: int) -> None:
    """Raises NotFound for somebody the actor does not see, NobodyToWriteTo or AccountClosed where it may not be."""
    _check(session, account_id, may=writable_by(actor), sees=_known_to(actor))


def check_team(session: Session, actor: Actor, centre_id: int) -> None:
    """The same for the team of a centre."""
    found = session.execute(
        select(
            teams_open_to(actor), readable_by(actor), Centre.is_active & Centre.deleted_at.is_(None)
        ).where(Centre.id == centre_id)
    ).one_or_none()
    if found is None or not (found[0] or found[1]):
        raise NotFound
    if not found[0]:
        raise NobodyToWriteTo
    if not found[2]:
        raise AccountClosed


def check_for_team(session: Session, actor: Actor, centre_id: int, account_id: int) -> None:
    """The same for a member of a centre's team who writes in its name; raises Forbidden to everybody else."""
    if not is_of_team(actor, centre_id):
        raise Forbidden
    _check(session, account_id, may=writable_for_team(centre_id), sees=_known_to(actor))


def people_open_to(actor: Actor) -> Select[Any]:
    """The accounts with which a conversation can be begun. Staff of a centre write in its name."""
    reached = writable_by(actor)
    if _is_bound(actor):
        reached = or_(*(writable_for_team(centre_id) for centre_id in sorted(actor.centre_ids)))
    return select(Account).where(reached, OPEN, Account.id != actor.account_id)


def _check(session: Session, account_id: int, *, may: ColumnElement[bool], sees: ColumnElement[bool]) -> None:
    found = session.execute(select(may, sees, OPEN).where(Account.id == account_id)).one_or_none()
    if found is None or not (found[0] or found[1]):
        raise NotFound
    if not found[2]:
        raise AccountClosed
    if not found[0]:
        raise NobodyToWriteTo


def _is_bound(actor: Actor) -> bool:
    return actor.role is not None and actor.role.is_bound_to_centre


def _treating(actor: Actor) -> ColumnElement[bool]:
    """The clinicians of a patient."""
    if actor.patient_id is None:
        return false()
    seen_by = select(Appointment.clinician_id).where(of_patients(actor.patient_ids), BOOKED)
    return Account.id.in_(select(Clinician.account_id).where(Clinician.id.in_(seen_by)))


def _treated_by(actor: Actor) -> ColumnElement[bool]:
    """The patients of a clinician."""
    if actor.clinician_id is None:
        return false()
    return Account.id.in_(_patients_with(Appointment.clinician_id == actor.clinician_id))


def _of_centres(centre_ids: frozenset[int]) -> ColumnElement[bool]:
    """The patients who were ever booked there, and the clinicians who work there."""
    ids = sorted(centre_ids)
    working = (
        select(Clinician.account_id)
        .join(ClinicianCentre, ClinicianCentre.clinician_id == Clinician.id)
        .where(ClinicianCentre.centre_id.in_(ids), Clinician.deleted_at.is_(None))
    )
    return or_(Account.id.in_(_patients_with(Appointment.centre_id.in_(ids))), Account.id.in_(working))


def _patients_with(visits: ColumnElement[bool]) -> Select[Any]:
    """The account ids of patients with such a visit."""
    return select(Patient.account_id).where(
        Patient.id.in_(select(Appointment.patient_id).where(visits, BOOKED)),
        Patient.account_id.is_not(None),
        Patient.deleted_at.is_(None),
    )


def _everybody_seen_by(actor: Actor) -> ColumnElement[bool]:
    return or_(Account.role.in_([Role.PATIENT, Role.CLINICIAN]), staff_visible_to(actor))


def _senders_to(actor: Actor) -> Select[Any]:
    """Whoever has written to the actor as a person may be answered, whatever has changed since."""
    me = actor.account_id
    between_two = Conversation.other_account_id.is_not(None)
    is_mine = or_(Conversation.account_id == me, Conversation.other_account_id == me)
    return (
        select(ConversationMessage.sender_id)
        .join(Conversation, Conversation.id == ConversationMessage.conversation_id)
        .where(between_two, is_mine, ConversationMessage.sender_id != me)
    )


def _known_to(actor: Actor) -> ColumnElement[bool]:
    """Accounts of which the actor may know that they are there."""
    patients = select(Patient.account_id).where(Patient.account_id.is_not(None), patient_visible_to(actor))
    clinicians = select(Clinician.account_id).where(or_(listed(), clinician_visible_to(actor)))
    return or_(
        Account.id == actor.account_id,
        staff_visible_to(actor) if actor.is_staff else false(),
        Account.id.in_(patients),
        Account.id.in_(clinicians),
        Account.centre_id.in_(sorted(actor.centre_ids)) if actor.is_staff else false(),
    )
