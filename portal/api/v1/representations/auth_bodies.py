"""What comes in to sign in, sign up and get back in."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from portal.accounts.models import Audience
from portal.api.v1.representations.base import KEPT, Body, Line, Password, Text, Upper

Phone = Annotated[str, Field(min_length=1, max_length=40, description="E.164, or as it is written at home.")]
Code = Annotated[str, Field(min_length=1, max_length=12)]
Email = Annotated[str, Field(min_length=1, max_length=254)]
Token = Annotated[str, Field(min_length=1, max_length=200)]
Name = Annotated[str, Field(max_length=100)]
Url = Annotated[str, Field(pattern=r"^(https?://\S+)?$", max_length=500)]


class Login(Body):
    """Exactly one: username, email or phone with a password; or a phone with the code sent to it."""

    username: Line | None = None
    email: Email | None = None
    phone: Phone | None = None
    password: Password | None = None
    otp: Code | None = None
    audience: Annotated[Audience, Upper] = Field(
        Audience.PATIENT, description="For codes: a phone may belong to a patient and to a colleague."
    )
    portal: Literal["admin"] | None = Field(None, description="Only those who run the practice enter here.")

    @model_validator(mode="after")
    def is_one_pair(self) -> Self:
        names = [name for name in (self.username, self.email, self.phone) if name is not None]
        by_password = len(names) == 1 and self.password is not None and self.otp is None
        by_code = names == [self.phone] and self.otp is not None and self.password is None
        if not (by_password or by_code):
            raise ValueError("Give a username, an email or a phone with a password, or a phone with a code.")
        return self

    @property
    def identifier(self) -> str:
        return self.username or self.email or self.phone or ""


class CodeWanted(Body):
    phone: Phone
    full_name: Name = Field("", description="Of a patient who is new.")
    audience: Annotated[Audience, Upper] = Audience.PATIENT


class Refresh(Body):
    refresh_token: Token


class Logout(Body):
    refresh_token: Token | None = Field(
        None, description="Of another sign-in of one's own that is to end too."
    )


class SignUp(Body):
    """The name as one, or in parts."""

    name: Name | None = None
    full_name: Name | None = None
    first_name: Name | None = None
    last_name: Name | None = None
    email: Email
    password: Password
    username: Line | None = None
    role: Annotated[Literal["PATIENT", "CLINICIAN"], Upper] = "PATIENT"
    plan: Annotated[Literal["free", "pro"], Field(description="Of clinicians.")] = "free"

    @property
    def whole_name(self) -> str:
        parts = f"{self.first_name or ''} {self.last_name or ''}".strip()
        return self.full_name or self.name or parts


class EmailOnly(Body):
    email: Email


class TokenOnly(Body):
    token: Token


class PasswordReset(Body):
    token: Token
    password: Password


class PasswordChange(Body):
    current_password: Password = Field("", description="Not needed for a first password.")
    new_password: Password


class MeChanges(Body):
    """What is not given stays; `bio` is a clinician's."""

    full_name: Annotated[str, Field(min_length=1, max_length=100)] = KEPT
    bio: Text = ""
    profile_picture_url: Url = ""
