"""The words for what a message is about, over which way it went, what became of it, and why."""

from flask_babel import lazy_gettext as _

from portal.notifications.history import TYPES, State, state_of
from portal.notifications.models import Channel, Delivery
from portal.notifications.rules import Reason

KINDS = {
    "appointment-requested": _("Request received"),
    "appointment-confirmed": _("Appointment booked"),
    "appointment-rescheduled": _("Appointment moved"),
    "appointment-cancelled": _("Cancelled by the patient"),
    "appointment-cancelled-by-practice": _("Cancelled by the practice"),
    "appointment-declined": _("Request declined"),
    "appointment-request-expired": _("Request lapsed"),
    "appointment-reminder": _("Reminder"),
    "appointment-reminder-day": _("Reminder of several visits"),
    "appointment-running-late": _("Clinician runs late"),
    "appointment-on-time-again": _("Clinician is on time again"),
    "appointment-move-asked": _("Please choose another time"),
    "appointment-series-booked": _("Series booked"),
    "appointment-series-cancelled": _("Rest of a series cancelled"),
    "clinician-appointment-requested": _("To the clinician: new request"),
    "clinician-appointment-booked": _("To the clinician: new booking"),
    "clinician-appointment-rescheduled": _("To the clinician: appointment moved"),
    "clinician-appointment-cancelled": _("To the clinician: appointment cancelled"),
    "clinician-appointment-series-booked": _("To the clinician: series booked"),
    "clinician-appointment-series-cancelled": _("To the clinician: rest of a series cancelled"),
    "new-message": _("New message in the portal"),
    "sign-in-code": _("Sign-in code"),
    "verify-email": _("Confirm the email address"),
    "already-registered": _("Registered already"),
    "password-reset": _("New password"),
    "clinician-approved": _("Account approved"),
    "clinician-rejected": _("Account not approved"),
    "quotation": _("Quotation"),
    "quotation-accepted": _("To the clinician: quotation accepted"),
    "quotation-declined": _("To the clinician: quotation declined"),
    "waiting-list-offer": _("Waiting list: a time is free"),
    "payment-link": _("Payment link"),
    "payment-received": _("Payment received"),
    "payment-refunded": _("Money given back"),
    "payment-too-late": _("Paid too late"),
    "payment-twice": _("Paid twice"),
}
CHANNELS = {
    Channel.WHATSAPP: _("WhatsApp"),
    Channel.SMS: _("Text message"),
    Channel.EMAIL: _("Email"),
}
STATES = {
    State.PENDING: (_("On its way"), "info", "clock"),
    State.SENT: (_("Sent"), "success", "check"),
    State.FAILED: (_("Not delivered"), "danger", "alert"),
    State.MISSED: (_("Not sent in time"), "warning", "alert"),
    State.SKIPPED: (_("Not needed any more"), "plain", "circle"),
}
"""The words, the look and the icon of each."""

REASONS = {
    Reason.BEFORE_SENDING: _("From the time before messages were sent."),
    Reason.BUNDLED: _("Told in one message with other visits."),
    Reason.CANCELLED: _("The appointment changed before it was sent."),
    Reason.EXPIRED: _("Not sent in time."),
    Reason.GAVE_UP: _("The provider could not be reached, time after time."),
    Reason.MOVED: _("The appointment moved before it was sent."),
    Reason.NOT_CONFIGURED: _("This way of sending is not set up."),
    Reason.OPTED_OUT: _("They do not want these messages."),
    Reason.OVER: _("Not sent in time."),
    Reason.PAID: _("It had been paid already."),
    Reason.READ: _("They have read it in the portal."),
    Reason.REPLACED: _("A newer message took its place."),
    Reason.TOLD: _("They have been told by somebody."),
    Reason.UNREACHABLE: _("There is no phone number or email address for it."),
}
REFUSED = {
    Channel.WHATSAPP: _("WhatsApp did not take it: the number may not exist, or not be on WhatsApp."),
    Channel.SMS: _("The number did not take it: it may not exist."),
    Channel.EMAIL: _("The address did not take it: it may not exist."),
}


def kind_label(kind: str) -> str:
    """What a message is about."""
    return str(KINDS.get(kind, kind))


def type_label(name: str) -> str:
    """The words for a notification type: those of its first kind."""
    return kind_label(TYPES[name][0]) if name in TYPES else name


def channel_label(channel: str) -> str:
    """The way it went."""
    return str(CHANNELS[Channel(channel)])


def state_look(delivery: Delivery) -> tuple[str, str, str]:
    """The words, the look and the icon for what became of it."""
    words, kind, icon = STATES[state_of(delivery)]
    return str(words), kind, icon


def why(delivery: Delivery) -> str:
    """Why it was not sent, in a sentence; empty where there is nothing to say."""
    if delivery.reason == Reason.REFUSED:
        return str(REFUSED[Channel(delivery.channel)])
    return str(REASONS[Reason(delivery.reason)]) if delivery.reason in set(Reason) else ""
