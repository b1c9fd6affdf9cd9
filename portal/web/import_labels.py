"""Words for files that are brought in."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from portal.imports.models import Kind

SORTS: Mapping[str, Kind] = {
    "clinicians": Kind.CLINICIANS,
    "hours": Kind.HOURS,
    "patients": Kind.PATIENTS,
}
"""How a kind is called in addresses."""

TITLES = {Kind.CLINICIANS: _("Clinicians"), Kind.HOURS: _("Weekly hours"), Kind.PATIENTS: _("Patients")}
STATES = {"FAULTY": _("Has problems"), "READY": _("Ready"), "DONE": _("Imported")}
LOOKS = {"FAULTY": "danger", "READY": "info", "DONE": "success"}
OUTCOMES = {"NEW": _("New"), "UNCHANGED": _("Unchanged")}


def sort_of(kind: str) -> str:
    """The kind's word in addresses."""
    return next(sort for sort, one in SORTS.items() if one == kind)


def import_title(kind: str) -> str:
    """What a file of that kind is about."""
    return str(TITLES[Kind(kind)])


def import_state(status: str) -> str:
    return str(STATES[status])


def import_look(status: str) -> str:
    """The kind of badge."""
    return LOOKS[status]


def import_outcome(outcome: str) -> str:
    return str(OUTCOMES[outcome])


def import_count(number: int, kind: str) -> str:
    """So many of them: "1 patient", "12 hours a week"."""
    if kind == Kind.CLINICIANS:
        return str(ngettext("%(num)s clinician", "%(num)s clinicians", number))
    if kind == Kind.PATIENTS:
        return str(ngettext("%(num)s patient", "%(num)s patients", number))
    return str(ngettext("%(num)s line of hours", "%(num)s lines of hours", number))


def problem_words(problem: Mapping[str, Any]) -> str:
    """What is wrong, in the reader's language."""
    return str(gettext(problem["message"], **problem["values"]))
