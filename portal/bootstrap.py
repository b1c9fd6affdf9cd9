"""The wiring: the database handle, all tables, and who listens to which event.

Used by the web application, the jobs, the shell commands and the tests.
"""

from datetime import timedelta
from typing import TYPE_CHECKING

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Session

from portal.accounts import events as account_events
from portal.appointments import events as appointment_events
from portal.audit import models as _audit_models  # noqa: F401  every table must be known to the metadata
from portal.audit import subscribers as audit
from portal.calendars import models as _calendar_models  # noqa: F401  the same
from portal.centres import events as centre_events
from portal.conversations import events as conversation_events
from portal.conversations import merging as merged_talks
from portal.conversations import models as _conversation_models  # noqa: F401  the same
from portal.core.db import ENGINE_OPTIONS, Base, end_reading
from portal.core.events import Subscriber, subscribe
from portal.core.words import Words
from portal.imports import events as import_events
from portal.imports import models as _import_models  # noqa: F401  the same
from portal.notifications import commands as outbox
from portal.notifications import conversations as new_messages
from portal.notifications import delays as delay_messages
from portal.notifications import events as message_events
from portal.notifications import money as money_messages
from portal.notifications import policy
from portal.notifications import quotations as quotation_messages
from portal.notifications import series as series_messages
from portal.notifications import subscribers as notifications
from portal.notifications import waiting_list as waiting_messages
from portal.payments import book_models as _book_models  # noqa: F401  the same
from portal.payments import covering, crediting, earning, quoted, refunding, subscribing
from portal.payments import events as money_events
from portal.payments import merging as merged_money
from portal.payments import payout_models as _payout_models  # noqa: F401  the same
from portal.payments import policy as money
from portal.payments import quotation_models as _quotation_models  # noqa: F401  the same
from portal.payments import subscription_models as _subscription_models  # noqa: F401  the same
from portal.people import commands as people
from portal.people import events as people_events
from portal.people import signing_up
from portal.practice import events as practice_events
from portal.practice import models as _practice_models  # noqa: F401  the same
from portal.records import events as record_events
from portal.records import models as _record_models  # noqa: F401  the same
from portal.scheduling import commands as scheduling
from portal.scheduling.leaving import drop_hours_elsewhere
from portal.settings import Settings
from portal.waiting_list import events as waiting_list_events
from portal.waiting_list import subscribers as waiting_list


class Database(SQLAlchemy):
    """Flask-SQLAlchemy's handle. Its `session` is a proxy of the request's own, and is used as one."""

    if TYPE_CHECKING:
        session: Session  # type: ignore[assignment]

    def init_app(self, app: Flask) -> None:
        """As the library does; its own teardown, which is registered first, runs after ours."""
        super().init_app(app)
        app.teardown_appcontext(self._end_reading)

    def _end_reading(self, error: BaseException | None) -> None:
        if error is None and self.session.registry.has():  # type: ignore[attr-defined]  # of the proxy
            end_reading(self.session())  # type: ignore[operator]


db = Database(model_class=Base, session_options={"expire_on_commit": False}, engine_options=ENGINE_OPTIONS)


SUBSCRIPTIONS: tuple[tuple[type, Subscriber], ...] = (
    (account_events.CodeSent, outbox.code_sent),
    (account_events.PatientSignedUp, people.create_patient_for_account),
    (account_events.AccountSignedUp, signing_up.create_record),
    (account_events.PatientSignedUp, crediting.give_first),
    (account_events.AccountSignedUp, crediting.give_first),
    (account_events.SignUpsReplaced, signing_up.remove_records),
    (account_events.MailWanted, outbox.mail_wanted),
    (people_events.ClinicianDecided, outbox.tell_decision),
    (people_events.ClinicianCreated, scheduling.open_schedule),
    (people_events.ClinicianChanged, drop_hours_elsewhere),
    (appointment_events.AppointmentConfirmed, notifications.confirm_appointment),
    (appointment_events.AppointmentRequested, notifications.acknowledge_request),
    (appointment_events.AppointmentRescheduled, notifications.tell_new_time),
    (appointment_events.AppointmentCancelled, notifications.tell_cancellation),
    (appointment_events.MoveAsked, notifications.ask_for_another_time),
    (appointment_events.SeriesBooked, series_messages.tell_booking),
    (appointment_events.ClinicianDelayed, delay_messages.tell_delay),
    (appointment_events.SeriesCancelled, series_messages.tell_end),
    (appointment_events.AppointmentCancelled, refunding.settle_cancellation),
    (appointment_events.AppointmentCancelled, covering.settle_cancellation),
    (appointment_events.AppointmentCancelled, earning.earn_visit),
    (appointment_events.AppointmentCompleted, earning.earn_visit),
    (appointment_events.AppointmentMissed, earning.settle_missed),
    (appointment_events.AppointmentCompleted, covering.earn_visit),
    (appointment_events.AppointmentMissed, covering.earn_visit),
    (money_events.PaymentReceived, subscribing.begin_period),
    (money_events.PaymentReceived, earning.earn_paid_late),
    (money_events.QuotationSent, quotation_messages.post_quotation),
    (money_events.QuotationDecided, quotation_messages.tell_answer),
    (appointment_events.AppointmentConfirmed, quoted.follow),
    (appointment_events.AppointmentRequested, quoted.follow),
    (money_events.PaymentLinkWanted, money_messages.send_link),
    (money_events.PaymentReceived, money_messages.acknowledge),
    (money_events.PaymentUnusable, money_messages.apologise),
    (money_events.RefundSettled, money_messages.tell_refund),
    (conversation_events.MessageSent, new_messages.tell_new_message),
    (conversation_events.ConversationRead, new_messages.settle_new_message),
    (appointment_events.AppointmentCancelled, waiting_list.follow_cancellation),
    (appointment_events.AppointmentRescheduled, waiting_list.follow_move),
    (appointment_events.AppointmentConfirmed, waiting_list.follow_booking),
    (waiting_list_events.TimeOffered, waiting_messages.send_offer),
    (appointment_events.RulesOverridden, audit.record_override),
    (people_events.PatientsMerged, merged_money.carry_over),
    (people_events.PatientsMerged, merged_talks.carry_over),
    (people_events.PatientChanged, audit.record_patient_change),
    (people_events.DuplicateOverridden, audit.record_duplicate),
    (record_events.MedicalNoteWritten, audit.record_note),
    (people_events.ClinicianChanged, audit.record_clinician_change),
    (people_events.ClinicianCreated, audit.record_clinician_change),
    (people_events.CategoryChanged, audit.record_category_change),
    (practice_events.PracticeRulesChanged, audit.record_rules_change),
    (account_events.StaffChanged, audit.record_staff_change),
    (centre_events.CentreChanged, audit.record_centre_change),
    (message_events.DeliveryHandled, audit.record_message),
    (message_events.MessageTemplateChanged, audit.record_words_change),
    (import_events.FileBroughtIn, audit.record_import),
)
"""Who hears of what, in this order."""


def wire(settings: Settings) -> None:
    """Connect events to their subscribers and tell them the practice's rules. Safe to call more than once."""
    policy.configure(
        policy.Policy(
            practice_name=settings.portal_name,
            words=Words(settings.patient_word, settings.clinician_word),
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
    money.configure(money.Policy.of(settings))
    for event, subscriber in SUBSCRIPTIONS:
        subscribe(event, subscriber)
