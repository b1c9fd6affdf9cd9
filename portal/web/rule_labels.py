"""The words for the rules that a time has to keep."""

from flask import request
from flask_babel import lazy_gettext as _

from portal.appointments.explaining import Rule
from portal.scheduling.rules import Refusal

WORDS = {
    Rule.APPROVED: (_("The clinician is approved"), _("The clinician is not approved yet")),
    Rule.ACTIVE: (_("The clinician is switched on"), _("The clinician is switched off")),
    Rule.COMPLETE: (_("The profile is filled in"), _("The profile is not filled in yet")),
    Rule.ACCEPTING: (_("New bookings are taken"), _("The clinician takes no new bookings")),
    Rule.SERVICE_OFFERED: (_("The service is offered"), _("The service is offered no longer")),
    Rule.WORKS_THERE: (
        _("The clinician works there, and it is open for bookings"),
        _("The clinician does not work there, or it takes no bookings"),
    ),
    Rule.PAST: (_("It is still to come"), _("It is in the past")),
    Rule.TOO_SOON: (_("It keeps the notice"), _("It is nearer than the notice that patients have to give")),
    Rule.TOO_FAR: (_("It is not too far ahead"), _("It is further ahead than patients may book")),
    Rule.HOLIDAY: (_("The centre is open that day"), _("The centre is closed that day: a holiday")),
    Rule.OUTSIDE_HOURS: (_("It lies in working hours"), _("It lies outside working hours")),
    Rule.LEAVE: (_("The clinician is not on leave"), _("The clinician is on leave")),
    Rule.NOT_ON_GRID: (_("Visits start at that time"), _("Visits do not start at that time of day")),
    Rule.TAKEN: (_("Nothing else is booked then"), _("The clinician’s time is taken, pauses included")),
    Rule.ENGAGED: (_("The patient is free"), _("The patient is somewhere else then")),
}
"""What is said of each rule where it is kept, and where it is not."""


def rules_read() -> list[Refusal]:
    """The rules that whoever sent the form had read, and breaks on purpose."""
    return [Refusal(name) for name in request.form.getlist("rules") if name in set(Refusal)]


def broken_rule(rule: str) -> str:
    """What is wrong with a time that breaks the rule."""
    return str(WORDS[Rule(rule)][1])
