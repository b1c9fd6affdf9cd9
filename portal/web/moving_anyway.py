"""A visit is moved, and where the time breaks rules, who may is told which and moves it anyway, saying why.

The one way of the board and of the page of moving, for patients, who are just refused, as for staff.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from http import HTTPStatus

from flask import request
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import HiddenField

from portal.appointments import commands
from portal.appointments.errors import SlotTaken
from portal.appointments.models import Appointment
from portal.appointments.slots import Slot, SlotKey
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import Invalid
from portal.core.permissions import Actor, Permission
from portal.scheduling.rules import Refusal
from portal.web.any_time import AnyTime
from portal.web.forms import Form, TextField
from portal.web.rule_labels import rules_read


class MovingForm(Form):
    """The chosen time, and why."""

    slot = HiddenField()
    reason = TextField(_("Reason"))

    def validate_slot(self, field: HiddenField) -> None:
        try:
            SlotKey.parse(field.data or "")
        except Invalid:
            field.data = ""
            self.form_errors.append(gettext("Please choose one of the times."))


class AnyTimeForm(AnyTime, Form):
    """Any time of the visit's own zone, looked at before anything moves."""

    class Meta(Form.Meta):
        csrf = False


@dataclass(frozen=True)
class Forms:
    """One to confirm a chosen time; one to type any other, for those who may."""

    moving: MovingForm
    any_time: AnyTimeForm | None

    @property
    def status(self) -> int:
        """Of a page that was asked for: whether what was typed makes sense."""
        is_wrong = self.any_time is not None and self.any_time.errors
        return HTTPStatus.UNPROCESSABLE_ENTITY if is_wrong else HTTPStatus.OK


@dataclass(frozen=True)
class Move:
    """A time that was asked for, and the rules it breaks: none, or such as whoever asks may override."""

    slot: Slot
    rules: Sequence[Refusal] = ()


@dataclass(frozen=True)
class NotMoved:
    """The visit is where it was: nothing was tried yet, or `refusal` or the form says why it did not go.

    `anyway` is the move that can be made all the same.
    """

    status: int = HTTPStatus.OK
    refusal: SlotTaken | None = None
    anyway: Move | None = None


def forms_for(by: Actor, on: date) -> Forms:
    """The forms as they were sent; where no time was typed, that date is in its form already."""
    may_choose_any = by.is_staff and by.may(Permission.APPOINTMENT_OVERBOOK)
    typed = request.args if "time" in request.args else None
    return Forms(MovingForm(), AnyTimeForm(typed, on=on) if may_choose_any else None)


def typed_move(form: AnyTimeForm | None, appointment: Appointment, by: Actor) -> Move | None:
    """The move to the time that was typed; None where nothing was, or what cannot be, which the form then says."""
    if form is None or "time" not in request.args or not form.validate():
        return None
    starts_at = form.instant(appointment.zone)
    if starts_at == appointment.starts_at:
        form.refuse({"time": gettext("It is at that time already")})
        return None
    try:
        return _asked_move(appointment, starts_at, by)
    except SlotTaken as refusal:
        form.refuse({"time": gettext(refusal.message)})
        return None


def pointed_move(form: AnyTimeForm | None, appointment: Appointment, by: Actor) -> Move | None:
    """The move to the slot in the address, for those who may choose any time; None for what cannot be."""
    there = SlotKey.of(appointment)
    try:
        key = SlotKey.parse(request.args.get("slot", ""))
        if form is None or key == there or key != replace(there, starts_at=key.starts_at):
            return None
        return _asked_move(appointment, key.starts_at, by)
    except (Invalid, SlotTaken):
        return None


def _asked_move(appointment: Appointment, starts_at: datetime, by: Actor) -> Move:
    rules = commands.rules_against(db.session, appointment, starts_at, by=by, at=clock.now())
    return Move(_slot(appointment, replace(SlotKey.of(appointment), starts_at=starts_at)), rules)


def try_to_move(appointment: Appointment, form: MovingForm, by: Actor) -> Appointment | NotMoved:
    """Move it to the time of the form, around the rules that were read; or say why it stays, and what can be done."""
    if not form.validate() or form.form_errors:
        return NotMoved(HTTPStatus.UNPROCESSABLE_ENTITY, anyway=_as_before(appointment, form, by))
    key, rules = SlotKey.parse(form.slot.data), frozenset(rules_read())
    try:
        return in_transaction(db.session, lambda: _move(appointment, key, by, form.reason.data or "", rules))
    except SlotTaken as refusal:
        return NotMoved(refusal.status, refusal, _despite(refusal, appointment, key, by))
    except Invalid as refusal:
        form.refuse({name: gettext(message) for name, message in refusal.details.items()})
        return NotMoved(HTTPStatus.UNPROCESSABLE_ENTITY, anyway=_as_before(appointment, form, by))


def _move(
    appointment: Appointment, key: SlotKey, by: Actor, reason: str, rules: frozenset[Refusal]
) -> Appointment:
    return commands.reschedule(
        db.session, appointment, key, by=by, at=clock.now(), reason=reason, overriding=rules
    )


def _despite(refusal: SlotTaken, appointment: Appointment, key: SlotKey, by: Actor) -> Move | None:
    """The refused move, with all rules that are known to be in its way, for those who may override them."""
    if not refusal.rules or not commands.may_override(by, refusal.rules):
        return None
    return Move(_slot(appointment, key), list(dict.fromkeys([*rules_read(), *refusal.rules])))


def _as_before(appointment: Appointment, form: MovingForm, by: Actor) -> Move | None:
    """The move that is asked for again because of what else is wrong with the form."""
    rules = rules_read()
    if not form.slot.data or not rules or not commands.may_override(by, rules):
        return None
    return Move(_slot(appointment, SlotKey.parse(form.slot.data)), rules)


def _slot(appointment: Appointment, key: SlotKey) -> Slot:
    return key.with_length_of(appointment.service)
