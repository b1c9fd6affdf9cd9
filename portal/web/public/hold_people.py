"""For whom a held time is: whoever is here, or one of the people whom they look after."""

from flask import g
from flask_babel import gettext

from portal.appointments import commands
from portal.appointments.errors import SlotTaken
from portal.appointments.models import Appointment
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.people.models import Patient
from portal.scheduling.rules import Refusal
from portal.web.public.hold_steps import ConfirmForm


def own_record() -> Patient | None:
    """Who is here as a patient, if anybody."""
    return db.session.get_one(Patient, g.actor.patient_id) if g.actor.patient_id is not None else None


def adopt(held: Appointment, patient: Patient | None) -> None:
    """Give the time its patient, where one is known."""
    if patient is not None:
        commands.adopt(db.session, held, patient, by=g.actor, at=clock.now())


def is_given(held: Appointment, form: ConfirmForm) -> bool:
    """Give the time to whom the form names; False, with words in the form, where they are busy then."""
    patient_id = form.patient_id.data if "patient_id" in form else g.actor.patient_id
    if held.patient_id == patient_id or not held.is_live:
        return True
    try:
        in_transaction(db.session, lambda: adopt(held, db.session.get_one(Patient, patient_id)))
    except SlotTaken as refusal:
        if refusal.refusal is not Refusal.ENGAGED or "patient_id" not in form:
            raise
        form.refuse({"patient_id": gettext("This person has another appointment at that time.")})
        return False
    return True
