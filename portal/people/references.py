"""Whatever names a patient or an account of one, in all tables, and what becomes of it when records are merged.

Written down by name, as the tables above may not be imported here. A test holds it against all foreign keys there
are: whoever adds one says here what a merge does with it.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, text

from portal.core.db import Base


class Treatment(StrEnum):
    """MOVE names the kept record from now on; UNIQUE moves unless the kept one has the same, which stays alone.

    STAY keeps the old name, because it is a fact of the past (the books, the audit) or is dealt with by its
    capability when it hears of the merge.
    """

    MOVE = "MOVE"
    UNIQUE = "UNIQUE"
    STAY = "STAY"


MOVE, UNIQUE, STAY = Treatment.MOVE, Treatment.UNIQUE, Treatment.STAY

OF_PATIENTS: Mapping[str, Treatment] = {
    "appointment.patient_id": MOVE,
    "audit_entry.patient_id": STAY,  # read together with those of the kept record
    "care.carer_id": UNIQUE,
    "care.patient_id": UNIQUE,
    "delivery.patient_id": MOVE,
    "medical_note.patient_id": MOVE,
    "patient.merged_into_id": MOVE,
    "payment.patient_id": MOVE,
    "quotation.patient_id": MOVE,
    "subscription.patient_id": MOVE,
    "waiting_list_entry.patient_id": UNIQUE,
    "waiting_list_offer.patient_id": UNIQUE,
}
# Of the account that is closed; who did something stays written as it was.
OF_ACCOUNTS: Mapping[str, Treatment] = {
    "delivery.account_id": MOVE,
    "notification.account_id": MOVE,
    "payment.account_id": MOVE,
}
# What makes two rows of one person the same: further columns, and which rows count.
SAME: Mapping[str, tuple[str, str]] = {
    "care.carer_id": ("patient_id", "true"),
    "care.patient_id": ("carer_id", "true"),
    "waiting_list_entry.patient_id": ("service_id", "ended_at IS NULL AND appointment_id IS NULL"),
    "waiting_list_offer.patient_id": ("clinician_id, starts_at", "true"),
}
# What is done first, and with what is left because the kept record has the same.
FIRST: Mapping[str, str] = {
    "care.carer_id": "DELETE FROM care WHERE :gone IN (carer_id, patient_id) AND :kept IN (carer_id, patient_id)",
}
LEFT_OVER: Mapping[str, str] = {
    "care.carer_id": "DELETE FROM care WHERE carer_id = :gone",
    "care.patient_id": "DELETE FROM care WHERE patient_id = :gone",
    "waiting_list_entry.patient_id": (
        "UPDATE waiting_list_entry SET patient_id = :kept, ended_at = :at, end_reason = 'OVER'"
        " WHERE patient_id = :gone"
    ),
}


def move_all(
    connection: Connection, treatments: Mapping[str, Treatment], *, gone: int, kept: int, at: datetime
) -> None:
    """Let every row of `gone` name `kept`, and leave nothing doubled."""
    for name, treatment in treatments.items():
        table = name.partition(".")[0]
        if treatment is Treatment.STAY or table not in Base.metadata.tables:
            continue
        for statement in (FIRST.get(name), _moving(name, treatment), LEFT_OVER.get(name)):
            if statement:
                connection.execute(text(statement), {"gone": gone, "kept": kept, "at": at})


def _moving(name: str, treatment: Treatment) -> str:
    """The statement that moves the rows; every name in it is one of ours."""
    table, _, column = name.partition(".")
    moving = f"UPDATE {table} SET {column} = :kept WHERE {column} = :gone"  # noqa: S608  names of ours  # nosec B608
    if treatment is Treatment.MOVE:
        return moving
    beside, which = SAME[name]
    taken = f"SELECT {beside} FROM {table} WHERE {column} = :kept AND {which}"  # noqa: S608  names of ours  # nosec B608
    return f"{moving} AND NOT (({which}) AND ({beside}) IN ({taken}))"
