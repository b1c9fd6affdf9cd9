"""How an appointment is called by whoever has it: a few letters that cannot be misheard or misread."""

import re

from portal.appointments.models import Appointment

# Without I, L, O and U (Crockford's base 32): what looks like one of those is read as 1, 1, 0.
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LOOKALIKES = str.maketrans("ILO", "110")
LENGTH, HALF = 6, 3
SPACE = len(LETTERS) ** LENGTH
# Odd, so that it can be undone: neighbours look nothing like each other, and no number of visits can be read off.
FACTOR = 715_827_883
UNDOING: int = pow(FACTOR, -1, SPACE)


def reference_of(appointment: Appointment) -> str:
    """Such as "7GK-2QX": the same for the whole life of an appointment, and no other has it."""
    return reference_for(appointment.id)


def reference_for(appointment_id: int) -> str:
    block, number = divmod(appointment_id, SPACE)
    text = _written(number * FACTOR % SPACE).rjust(LENGTH, "0")
    return f"{_written(block)}{text[:HALF]}-{text[HALF:]}"


def appointment_id_of(text: str) -> int | None:
    """The id of the appointment that somebody reads out, with or without the dash; None where it can be none."""
    letters = re.sub(r"[\s-]", "", text).upper().translate(LOOKALIKES)
    if not LENGTH <= len(letters) <= LENGTH + HALF or not set(letters) <= set(LETTERS):
        return None
    block, number = _read(letters[:-LENGTH]), _read(letters[-LENGTH:])
    return int(block * SPACE + number * UNDOING % SPACE)


def _written(number: int) -> str:
    text = ""
    while number:
        number, rest = divmod(number, len(LETTERS))
        text = LETTERS[rest] + text
    return text


def _read(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * len(LETTERS) + LETTERS.index(letter)
    return number
