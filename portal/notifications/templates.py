"""What messages about signing in say."""


def sign_in_code(code: str, minutes: int) -> str:
    """The text that carries a sign-in code. The code comes first, where a phone's preview shows it."""
    return (
        f"{code} is your sign-in code. It works once, for {minutes} minutes. "
        "Tell it to nobody: we will never ask you for it."
    )
