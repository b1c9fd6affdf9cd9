"""What nobody types, and programs send all the same: refused in words, never a failure of ours."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.factories import a_clinician


@pytest.mark.parametrize(
    "path", ["/clinicians/%00", "/centres/%00", f"/centres/{10**19}", f"/centres/{2**63}", "/centres/%D9%A1"]
)
def test_an_address_that_cannot_name_anything_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_characters_that_cannot_be_kept_are_refused_in_an_address(client: FlaskClient) -> None:
    assert client.get("/find?q=%00").status_code == 400


def test_and_in_a_form(session: Session, client: FlaskClient) -> None:
    a_clinician(session)
    answer = client.post("/sign-in", data={"phone": "07700\0900123"})
    assert answer.status_code == 400
    assert "cannot keep" in answer.text


@pytest.mark.parametrize("phone", ["0003", "0001", "0.001", "+49111111111111111"])
def test_a_phone_of_another_length_than_phones_have_is_told_by_the_field(
    client: FlaskClient, phone: str
) -> None:
    answer = client.post("/sign-in", data={"phone": phone})
    assert answer.status_code == 422
    assert "too long or too short" in answer.text
