"""The accounts of the demo practice, as they are printed when it starts."""

from portal.core.permissions import Role
from portal.demo.people import DEMO_PATIENT, PASSWORD, STAFF, clinicians


def _table() -> str:
    rows = [(one.username, one.full_name, one.does) for one in STAFF if one.username]
    rows += [
        (one["username"], one["name"], "a busy day at Riverside") for one in clinicians() if "username" in one
    ]
    lines = [f"  {username:<15}{name:<17}{does}" for username, name, does in rows if username]
    return "\n".join(
        [
            f"Staff sign in at /staff/sign-in with the password {PASSWORD}",
            *lines,
            "Patients sign in at /sign-in with a phone; the code is shown at /dev/outbox",
            f"  {DEMO_PATIENT[1]:<15}{DEMO_PATIENT[0]:<17}visits past and coming",
        ]
    )


ACCOUNTS = _table()
