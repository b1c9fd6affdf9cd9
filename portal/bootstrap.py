"""The wiring: the database handle, all tables, and who listens to which event.

Used by the web application, the jobs, the shell commands and the tests.
"""

from datetime import timedelta
from typing import TYPE_CHECKING

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Session

from portal.accounts import events as account_events
from portal.appointments import events as appointment_events
from portal.audit import models as _audit_models  # noqa: F401  every table must be known to the metadata
from portal.audit import subscribers as audit
from portal.calendars import models as _calendar_models  # noqa: F401  the same
from portal.centres import events as centre_events
from portal.conversations import events as conversation_events
from portal.conversations import models as _conversation_models  # noqa: F401  the same
from portal.core.db import ENGINE_OPTIONS, Base
from portal.core.events import subscribe
from portal.notifications import commands as outbox
from portal.notifications import conversations as new_messages
from portal.notifications import events as message_events
from portal.notifications import policy
from portal.notifications import subscribers as notifications
from portal.payments import book_models as _book_models  # noqa: F401  the same
from portal.payments import refunding
from portal.people import commands as people
from portal.people import events as people_events
from portal.people import signing_up
from portal.scheduling import commands as scheduling
from portal.scheduling.leaving import drop_hours_elsewhere
from portal.settings import Settings


class Database(SQLAlchemy):
    """Flask-SQLAlchemy's handle. Its `session` is a proxy of the request's own, and is used as one."""

    if TYPE_CHECKING:
        session: Session  # type: ignore[assignment]


db = Database(model_class=Base, session_options={"expire_on_commit": False}, engine_options=ENGINE_OPTIONS)


def wire(settings: Settings) -> None:
    """Connect events to their subscribers and tell them the practice's rules. Safe to call more than once."""
    policy.configure(
        policy.Policy(
            practice_name=settings.portal_name,
            public_url=settings.public_url,
            secret=settings.secret_key,
            grace=timedelta(seconds=settings.message_grace_seconds),
            reminders=tuple(timedelta(minutes=minutes) for minutes in settings.reminder_minutes),
            quiet_from=settings.quiet_from_hour,
            quiet_until=settings.quiet_until_hour,
            region=settings.default_region,
            time_zone=settings.default_time_zone,
            mail_from=settings.mail_from or policy.Policy.mail_from,
        )
    )
    subscribe(account_events.CodeSent, outbox.code_sent)
    subscribe(account_events.PatientSignedUp, people.create_patient_for_account)
    subscribe(account_events.AccountSignedUp, signing_up.create_record)
    subscribe(account_events.SignUpsReplaced, signing_up.remove_records)
    subscribe(account_events.MailWanted, outbox.mail_wanted)
    subscribe(people_events.ClinicianDecided, outbox.tell_decision)
    subscribe(people_events.ClinicianCreated, scheduling.open_schedule)
    subscribe(people_events.ClinicianChanged, drop_hours_elsewhere)
    subscribe(appointment_events.AppointmentConfirmed, notifications.confirm_appointment)
    subscribe(appointment_events.AppointmentRequested, notifications.acknowledge_request)
    subscribe(appointment_events.AppointmentRescheduled, notifications.tell_new_time)
    subscribe(appointment_events.AppointmentCancelled, notifications.tell_cancellation)
    subscribe(appointment_events.AppointmentCancelled, refunding.settle_cancellation)
    subscribe(conversation_events.MessageSent, new_messages.tell_new_message)
    subscribe(conversation_events.ConversationRead, new_messages.settle_new_message)
    subscribe(appointment_events.RulesOverridden, audit.record_override)
    subscribe(people_events.PatientChanged, audit.record_patient_change)
    subscribe(people_events.ClinicianChanged, audit.record_clinician_change)
    subscribe(people_events.ClinicianCreated, audit.record_clinician_change)
    subscribe(account_events.StaffChanged, audit.record_staff_change)
    subscribe(centre_events.CentreChanged, audit.record_centre_change)
    subscribe(message_events.DeliveryHandled, audit.record_message)
    subscribe(message_events.MessageTemplateChanged, audit.record_words_change)
