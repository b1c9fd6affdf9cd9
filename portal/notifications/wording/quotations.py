"""What messages say of quotations: from whom, how much in all, until when. What it is for stands in the quotation."""

from datetime import date

from babel.dates import format_date

from portal.notifications.wording.defaults import language_for
from portal.notifications.wording.visits import sum_of
from portal.payments.quotation_models import Quotation


def quotation_values(quotation: Quotation, *, language: str | None, link: str) -> dict[str, str]:
    """The values of a quotation's placeholders. `patient` is whom it is for, known to the practice or not."""
    chosen = language_for(language)
    return {
        "patient": quotation.client_name,
        "clinician": quotation.clinician.full_name,
        "quotation": quotation.reference,
        "amount": sum_of(quotation.total, chosen),
        "last_day": on_day(quotation.valid_until_on, chosen),
        "link": link,
    }


def on_day(day: date, language: str) -> str:
    """4 June 2027"""
    return format_date(day, "d MMMM y" if language == "en" else "long", locale=language)
