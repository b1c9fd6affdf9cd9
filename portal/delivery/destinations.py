"""Where notifications lead: the pages of what they are about, as their reader has them."""

from collections.abc import Collection, Sequence
from typing import Any

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.core.permissions import Actor, Permission, Role
from portal.notifications.inbox import About
from portal.notifications.models import Notification

ABOUT_APPOINTMENTS = "meeting_"
ABOUT_MONEY = {About.PAYMENT_RECEIVED, About.PAYMENT_REFUNDED}
PAGES: dict[str, tuple[str, str]] = {
    About.QUOTATION_DECISION: ("staff.quotation", "quotation_id"),
    About.TIME_OFFERED: ("waiting_list.own_offer", "offer_id"),
    About.NEW_MESSAGE: ("conversations.show", "conversation_id"),
    **dict.fromkeys(ABOUT_MONEY, ("patient.payment", "payment_id")),
}


def addresses(
    session: Session, notifications: Sequence[Notification], reader: Actor
) -> dict[int, str | None]:
    """The path of each one's page by its id; None where there is none to go to."""
    own_visits = _own_visits(session, notifications, reader)
    return {one.id: _address(one, reader, own_visits) for one in notifications}


def _address(told: Notification, reader: Actor, own_visits: Collection[int]) -> str | None:
    if told.kind == About.APPROVAL_DECISION:
        return url_for("clinician.profile") if reader.role is Role.CLINICIAN else None
    if told.related_id is None or (told.kind in ABOUT_MONEY and reader.patient_id is None):
        return None
    if told.kind in PAGES:
        page, named = PAGES[told.kind]
        values: dict[str, Any] = {named: told.related_id}
        return url_for(page, **values)
    if not told.kind.startswith(ABOUT_APPOINTMENTS):
        return None
    is_work = reader.may(Permission.APPOINTMENT_VIEW) and told.related_id not in own_visits
    page = "staff.appointment" if is_work else "patient.appointment"
    return url_for(page, appointment_id=told.related_id)


def _own_visits(session: Session, notifications: Sequence[Notification], reader: Actor) -> Collection[int]:
    """Of what was told to a colleague who is also a patient, the visits that are their own."""
    ids = {one.related_id for one in notifications if one.kind.startswith(ABOUT_APPOINTMENTS)}
    if reader.clinician_id is None or reader.patient_id is None or not ids:
        return ()
    own = select(Appointment.id).where(
        Appointment.id.in_(ids), Appointment.patient_id.in_(reader.patient_ids)
    )
    return set(session.scalars(own))
