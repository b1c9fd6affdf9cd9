"""What messages say, by kind, channel and language: the practice's own words where it has some, else ours.

    said = words(session, Kind.CONFIRMED, Channel.EMAIL, "de", appointment_values(appointment, language="de"))
    title, text = in_app(Kind.CLINICIAN_BOOKED, "en", values)

Our words are in one file of this package for each language.
"""

from portal.notifications.wording.composing import Words, in_app, in_layout, words
from portal.notifications.wording.defaults import language_for, language_name, languages
from portal.notifications.wording.placeholders import CHANNELS, IN_APP, PLACEHOLDERS
from portal.notifications.wording.series import series_values
from portal.notifications.wording.visits import appointment_values, visit_link, visits_value, visits_values

__all__ = [
    "CHANNELS",
    "IN_APP",
    "PLACEHOLDERS",
    "Words",
    "appointment_values",
    "in_app",
    "in_layout",
    "language_for",
    "language_name",
    "languages",
    "series_values",
    "visit_link",
    "visits_value",
    "visits_values",
    "words",
]
