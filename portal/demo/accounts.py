"""The accounts of the demo practice, as they are printed when it starts."""

from collections.abc import Iterator

from portal.demo.people import DEMO_PATIENT, PASSWORD, STAFF, clinicians

COLUMNS = "  {:<15} {:<16} {}"


def _lines() -> Iterator[str]:
    yield f"Staff sign in at /staff/sign-in with the password {PASSWORD}"
    for colleague in STAFF:
        if colleague.username:
            yield COLUMNS.format(colleague.username, colleague.full_name, colleague.does)
    for one in clinicians():
        if "username" in one:
            yield COLUMNS.format(one["username"], one["name"], one["does"])
    full_name, phone = DEMO_PATIENT
    yield "Patients sign in at /sign-in with their phone; the code appears at /dev/outbox"
    yield COLUMNS.format(phone, full_name, "patient with past and coming visits")


ACCOUNTS = "\n".join(_lines())
