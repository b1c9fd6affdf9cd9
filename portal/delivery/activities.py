"""What both doors say of what happened lately."""

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from portal.analytics.activity import PAID, Activity

SAID = {
    "requested": _("%(patient)s asked for an appointment"),
    "confirmed": _("%(patient)s is booked"),
    "accepted": _("The request of %(patient)s was accepted"),
    "rescheduled": _("The appointment of %(patient)s was moved"),
    "arrived": _("%(patient)s has arrived"),
    "started": _("The appointment of %(patient)s has begun"),
    "completed": _("The appointment of %(patient)s is completed"),
    "no_show": _("%(patient)s did not attend"),
    "cancelled": _("The appointment of %(patient)s was cancelled"),
    "cancellation-requested": _("%(patient)s asks to cancel"),
    "cancellation-request-refused": _("The request of %(patient)s to cancel was turned down"),
    "edited": _("The notes for the appointment of %(patient)s were changed"),
    PAID: _("%(patient)s has paid"),
}
OTHERWISE = _("The appointment of %(patient)s was changed")


def said_of(one: Activity) -> str:
    """In one sentence, such as "Ana Silva is booked"."""
    return str(SAID.get(one.kind, OTHERWISE)) % {
        "patient": one.patient or gettext("somebody who was removed")
    }
