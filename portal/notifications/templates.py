"""What messages about signing in say."""

from dataclasses import dataclass


def sign_in_code(code: str, minutes: int) -> str:
    """The text that carries a sign-in code. The code comes first, where a phone's preview shows it."""
    return (
        f"{code} is your sign-in code. It works once, for {minutes} minutes. "
        "Tell it to nobody: we will never ask you for it."
    )


@dataclass(frozen=True)
class Mail:
    subject: str
    body: str


def account_mail(kind: str, link: str) -> Mail:
    """A mail about an account. It names nobody: whoever typed the address may have mistyped it."""
    subject, body = ACCOUNT_MAILS[kind]
    return Mail(subject, body.format(link=link))


def decision_mail(*, is_approved: bool, reason: str) -> Mail:
    """To a clinician who signed up: the practice has decided."""
    if is_approved:
        return Mail(
            "Your account is approved",
            "The practice has approved your account. Sign in and complete your profile: patients can book you as "
            "soon as it says who you are, what you do, what it costs and when you work.",
        )
    return Mail(
        "About your account", f"The practice does not open your account for bookings. Reason: {reason}"
    )


ACCOUNT_MAILS = {
    "verify-email": (
        "Please confirm your email address",
        (
            "Somebody signed up with this email address. If it was you, open this link and press the button: {link}\n\n"
            "The link works once, for 24 hours. If it was not you, do nothing: the address stays unconfirmed."
        ),
    ),
    "already-registered": (
        "You already have an account",
        (
            "Somebody signed up with this email address, which has an account already. If it was you, sign in, or ask "
            "for a new password if you have forgotten it. If it was not you, do nothing: nothing has changed."
        ),
    ),
    "password-reset": (
        "Choose a new password",
        (
            "Somebody asked for a new password for this email address. If it was you, open this link: {link}\n\n"
            "The link works once, for an hour. If it was not you, do nothing: your password stays as it is."
        ),
    ),
}
