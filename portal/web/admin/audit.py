"""Who looked at and changed what: the whole audit, narrowed by days, colleague, what was done, and to whom."""

from dataclasses import dataclass
from typing import Any

from flask import Response, g, url_for
from flask_babel import gettext

from portal.audit import browsing
from portal.audit.browsing import Filters
from portal.audit.models import AuditEntry
from portal.bootstrap import db
from portal.core import clock
from portal.core.errors import NotFound
from portal.core.permissions import Permission
from portal.delivery import settings
from portal.delivery.access import requires
from portal.delivery.exports import each, list_file, named, rows_of
from portal.delivery.looks import note_look
from portal.web.admin import bp
from portal.web.admin.saving import text
from portal.web.arguments import check_is_page, page_number, whole_number
from portal.web.audit_labels import AUDITED, GROUPS, SUBJECTS, audit_detail, audit_label, subject_label
from portal.web.labels import role_label
from portal.web.periods import Days
from portal.web.rendering import page

PAGES = {
    "appointment": ("staff.appointment", "appointment_id"),
    "category": ("admin.category", "category_id"),
    "centre": ("admin.centre", "centre_id"),
    "clinician": ("admin.clinician", "clinician_id"),
    "delivery": ("admin.delivery", "delivery_id"),
    "import_run": ("admin.import_run", "run_id"),
    "medical_note": ("staff.patient", "patient_id"),
    "message": ("admin.delivery", "delivery_id"),
    "patient": ("staff.patient", "patient_id"),
    "payment": ("staff.payment", "payment_id"),
    "quotation": ("staff.quotation", "quotation_id"),
}
"""Where a subject has a page of its own."""


@dataclass(frozen=True)
class Asked:
    """What the address asks for."""

    days: Days
    account_id: int | None
    action: str
    patient_id: int | None
    subject_type: str
    subject_id: int | None

    @classmethod
    def of_address(cls) -> "Asked":
        subject_id = whole_number("subject_id")
        is_subject = subject_id is not None and text("subject_type") in SUBJECTS
        return cls(
            days=Days.of_address(),
            account_id=whole_number("account_id"),
            action=text("action") if text("action") in AUDITED else "",
            patient_id=whole_number("patient_id"),
            subject_type=text("subject_type") if is_subject else "",
            subject_id=subject_id if is_subject else None,
        )

    @property
    def errors(self) -> dict[str, str]:
        return self.days.errors

    @property
    def filters(self) -> Filters:
        """Days are those of the practice's calendar."""
        start, end = self.days.instants
        return Filters(
            account_id=self.account_id,
            action=self.action,
            patient_id=self.patient_id,
            subject_type=self.subject_type,
            subject_id=self.subject_id,
            happened_from=start,
            happened_before=end,
        )

    @property
    def values(self) -> dict[str, Any]:
        """For the address of the next page, and of the same list as a file."""
        return {
            **self.days.values,
            "account_id": self.account_id,
            "action": self.action or None,
            "patient_id": self.patient_id,
            "subject_type": self.subject_type or None,
            "subject_id": self.subject_id,
        }


@bp.get("/audit")
@requires(Permission.AUDIT_VIEW)
def audit() -> Response:
    """The newest first. Whoever reads all that was done with one patient's record is in the audit themself."""
    asked = Asked.of_address()
    found = browsing.search(db.session, g.actor, asked.filters, page=page_number())
    check_is_page(found)
    names = browsing.subject_names(db.session, found.items)
    whose = _whose(asked.patient_id)
    return page(
        "admin/audit/index.html",
        fragment="admin/audit/_list.html",
        status=422 if asked.errors else 200,
        found=found,
        is_cut=found.total == browsing.MOST_COUNTED,
        asked=asked,
        names=names,
        whose=whose,
        subject_href=_subject_href(asked),
        groups=GROUPS,
        people=browsing.people(db.session, asked.account_id),
        zone=clock.zone(settings().default_time_zone),
    )


@bp.get("/audit.csv")
@requires(Permission.EXPORT_RUN)
def audit_file() -> Response:
    """The same list, all of it, for a spreadsheet."""
    asked = Asked.of_address()
    heads = (
        gettext("At (UTC)"), gettext("Who"), gettext("Role"), gettext("What"), gettext("About"), gettext("Number"),
        gettext("Patient number"), gettext("Patient"), gettext("Detail"),
    )  # fmt: skip
    _whose(asked.patient_id)
    rows = rows_of(browsing.listed(g.actor, asked.filters), each(_cells))
    return list_file("audit", heads, rows, of=Permission.AUDIT_VIEW, filters=named(asked.values))


def _cells(entry: AuditEntry) -> list[object]:
    return [
        entry.happened_at.isoformat(timespec="seconds"),
        entry.by_name,
        role_label(entry.role) if entry.role else None,
        audit_label(entry.action),
        subject_label(entry.subject_type),
        entry.subject_id,
        entry.patient_id,
        entry.patient.full_name if entry.patient else None,
        audit_detail(entry),
    ]


def _whose(patient_id: int | None) -> str | None:
    """The patient whose record it is about; that somebody reads of it is written down. Raises NotFound."""
    if patient_id is None:
        return None
    name = browsing.patient_name(db.session, patient_id)
    if name is None:
        raise NotFound
    note_look("audit", patient_id, patient_id)
    return name


def _subject_href(asked: Asked) -> str | None:
    if asked.subject_type not in PAGES:
        return None
    endpoint, argument = PAGES[asked.subject_type]
    values: dict[str, Any] = {argument: asked.subject_id}
    return url_for(endpoint, **values)
