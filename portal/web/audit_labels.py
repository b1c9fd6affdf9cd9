"""The words for what is written in the audit: what somebody did, to what, and the little that is kept beside it."""

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from portal.audit.browsing import told
from portal.audit.models import AuditEntry
from portal.web.message_labels import kind_label

GROUPS: tuple[tuple[Any, dict[str, Any]], ...] = (
    (
        _("Patients"),
        {
            "patient.view": _("Read the record"),
            "patient.create": _("Made the record"),
            "patient.edit": _("Changed the record"),
            "patient.edit-own": _("Changed their own record"),
            "patient.care-start": _("Somebody may book for them"),
            "patient.care-end": _("Somebody no longer books for them"),
            "patient.override-duplicate": _("Registered beside somebody alike"),
            "patient.merge": _("Merged another record into it"),
            "patient.merged-away": _("Merged it into another record"),
            "patient.unlink": _("Let go of the patient"),
            "patient.delete": _("Removed the record"),
            "patient.unsubscribe": _("Stopped mails by the link in one"),
            "medical_note.view": _("Read the medical notes"),
            "medical_note.write": _("Wrote a medical note"),
            "audit.view": _("Read who opened the record"),
        },
    ),
    (
        _("Appointments"),
        {
            "appointment.view": _("Read an appointment"),
            "appointment.override-rule": _("Booked around a rule"),
        },
    ),
    (
        _("Money"),
        {
            "payment.view": _("Read a payment"),
            "receipt.view": _("Read a receipt"),
            "quotation.view": _("Read a quotation"),
        },
    ),
    (
        _("Messages"),
        {
            "message.view": _("Read a message"),
            "message.send": _("Sent a message"),
            "message.send-again": _("Sent a message again"),
            "message.told": _("Told what a message did not"),
            "message-template.edit": _("Changed the wording of a message"),
            "message-template.reset": _("Went back to the usual wording"),
        },
    ),
    (
        _("Clinicians"),
        {
            "clinician.create": _("Added a clinician"),
            "clinician.edit": _("Changed a clinician"),
            "clinician.edit-own": _("Changed their own profile"),
            "clinician.edit-presentation": _("Changed how a profile is shown"),
            "clinician.set-time-zone": _("Changed a clinician’s time zone"),
            "clinician.add-skill": _("Added a skill"),
            "clinician.edit-skill": _("Changed a skill"),
            "clinician.remove-skill": _("Took a skill away"),
            "clinician.approve": _("Approved a clinician"),
            "clinician.reject": _("Did not approve a clinician"),
            "clinician.switch-on": _("Switched a clinician on"),
            "clinician.switch-off": _("Switched a clinician off"),
            "clinician.accept-patients": _("Listed a clinician for patients"),
            "clinician.stop-accepting": _("Took a clinician off the list for patients"),
            "clinician.set-plan": _("Changed a clinician’s plan"),
            "clinician.delete": _("Deleted a clinician"),
        },
    ),
    (
        _("Colleagues"),
        {
            "staff.create": _("Added a colleague"),
            "staff.edit": _("Changed a colleague’s account"),
            "staff.switch-on": _("Switched a colleague on"),
            "staff.switch-off": _("Switched a colleague off"),
            "staff.set-password": _("Gave a colleague a new password"),
            "staff.change-own-password": _("Changed their own password"),
            "staff.delete": _("Deleted a colleague’s account"),
        },
    ),
    (
        _("Practice"),
        {
            "centre.create": _("Opened a centre"),
            "centre.edit": _("Changed a centre"),
            "centre.add-holiday": _("Added a holiday"),
            "centre.remove-holiday": _("Took a holiday away"),
            "centre.switch-on": _("Switched a centre on"),
            "centre.switch-off": _("Switched a centre off"),
            "centre.delete": _("Deleted a centre"),
            "category.create": _("Added a category"),
            "category.rename": _("Renamed a category"),
            "category.hide": _("Hid a category"),
            "category.show": _("Offered a category again"),
            "category.delete": _("Deleted a category"),
            "practice-rules.edit": _("Changed the practice’s rules"),
            "list.export": _("Downloaded a list"),
            "import.bring-in": _("Imported a file"),
        },
    ),
)
"""In the order of a menu. What is added to the audit gets its words here; a test asks for them."""

AUDITED = {action: words for _title, actions in GROUPS for action, words in actions.items()}
SUBJECTS = {
    "account": _("Account"),
    "appointment": _("Appointment"),
    "audit": _("Audit"),
    "category": _("Category"),
    "practice_rules": _("Practice rules"),
    "centre": _("Centre"),
    "clinician": _("Clinician"),
    "delivery": _("Message"),
    "import_run": _("Imported file"),
    "list": _("List"),
    "medical_note": _("Medical notes"),
    "message": _("Message"),
    "message_template": _("Message wording"),
    "patient": _("Patient"),
    "payment": _("Payment"),
    "quotation": _("Quotation"),
    "receipt": _("Receipt"),
}
DETAILS = {
    "fields": _("Changed"),
    "rule": _("Rule"),
    "rules": _("Rules"),
    "reason": _("Reason"),
    "kind": _("Message"),
    "template": _("Message"),
    "list": _("List"),
    "filters": _("Narrowed by"),
    "lines": _("Lines"),
}


def audit_label(action: str) -> str:
    """The words for what was done."""
    return str(AUDITED.get(action, action))


def subject_label(subject_type: str) -> str:
    """The word for what it was done to."""
    return str(SUBJECTS.get(subject_type, subject_type.replace("_", " ").capitalize()))


def audit_detail(entry: AuditEntry) -> str:
    """What is kept beside it, in a line: Changed: phone, email."""
    parts = [
        gettext("%(what)s: %(values)s", what=DETAILS[name], values=_values(name, value))
        for name, value in told(entry).items()
    ]
    return ". ".join(parts)


def _values(name: str, value: Any) -> str:
    if name == "kind":
        return kind_label(value)
    if name == "template":
        kind, _slash, way = str(value).partition("/")
        return f"{kind_label(kind)} ({way.replace('/', ', ')})"
    if name == "reason":
        return str(value)
    words = value if isinstance(value, list) else [value]
    return ", ".join(str(word).replace("_", " ") for word in words)
