"""What goes to WhatsApp and SMS providers, as they document it, whatever people typed."""

import re
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.notifications.channels import Refused, Unavailable
from portal.notifications.channels.cleaning import lines, one_line
from portal.notifications.channels.http import retry_after
from portal.notifications.channels.registry import configured, senders
from portal.notifications.models import Channel
from portal.settings import Settings
from tests.notifications.channels.lines import KINDS, Line, connect
from tests.notifications.channels.test_mail import NASTY
from tests.stand_ins import StandIns, through_twilio

_, GALLABOX, GATEWAY, TWILIO = KINDS


@pytest.fixture
def whatsapp(there: StandIns) -> Iterator[Line]:
    with connect(GALLABOX, there) as line:
        yield line


def test_whatsapp_gets_the_name_of_an_approved_text_and_its_values(whatsapp: Line) -> None:
    whatsapp.sender.send(whatsapp.message(parameters={"day": "Monday", "note": "a\n\tb     c", "room": ""}))

    (given_,) = whatsapp.given()
    assert given_["content"] == {
        "channelId": "5f1e9c",
        "channelType": "whatsapp",
        "recipient": {"phone": "447700900123"},
        "whatsapp": {
            "type": "template",
            "template": {
                "templateName": "appointment_confirmed",
                "bodyValues": {"day": "Monday", "note": "a b c", "room": "-"},
            },
        },
    }


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"language": "hi"}, "appointment_confirmed_hi"),
        ({"language": "pt-BR"}, "appointment_confirmed_pt_br"),
        ({"language": "hi", "provider_template": "our_own_2"}, "our_own_2"),
    ],
)
def test_an_approved_text_has_the_name_of_its_kind_and_language_unless_the_practice_says_otherwise(
    whatsapp: Line, changes: dict[str, str], name: str
) -> None:
    whatsapp.sender.send(whatsapp.message(**changes))

    assert whatsapp.given()[0]["content"]["whatsapp"]["template"]["templateName"] == name


def test_a_sign_in_code_fills_the_button_that_copies_it_too(whatsapp: Line) -> None:
    whatsapp.sender.send(whatsapp.message(kind="sign-in-code", parameters={"code": "123456"}))

    template = whatsapp.given()[0]["content"]["whatsapp"]["template"]
    assert template["templateName"] == "sign_in_code"
    assert template["buttonValues"] == [
        {"index": 0, "sub_type": "url", "parameters": {"type": "text", "text": "123456"}}
    ]


def test_a_name_that_whatsapp_cannot_have_approved_is_refused_by_us(whatsapp: Line) -> None:
    with pytest.raises(Refused):
        whatsapp.sender.send(whatsapp.message(provider_template="Visit confirmed!"))
    assert not whatsapp.given()


@settings(max_examples=25)
@given(st.text(max_size=60), st.sampled_from(NASTY))
def test_whatever_people_are_called_it_stays_one_parameter(
    there: StandIns, anything: str, nasty: str
) -> None:
    there.book.forget()
    with connect(GALLABOX, there) as whatsapp:
        whatsapp.sender.send(whatsapp.message(parameters={"patient_name": anything + nasty, "day": "Monday"}))

        (given_,) = whatsapp.given()
    values = given_["content"]["whatsapp"]["template"]["bodyValues"]
    assert list(values) == ["patient_name", "day"]
    assert not re.search(r"[\x00-\x1f\u202e\u2066]| {4}", values["patient_name"])
    assert 0 < len(values["patient_name"]) <= 700


def test_a_text_carries_what_indian_operators_ask_for(there: StandIns) -> None:
    with connect(GATEWAY, there) as line:
        message = line.message(text="Line one\r\nline two\x00", provider_template="1207161")
        line.sender.send(message)
        (given_,) = line.given()

    assert given_["content"] == {
        "to": "+447700900123",
        "from": "Riverside",
        "text": "Line one\nline two",
        "reference": str(message.key),
        "entityId": "1201159",
        "templateId": "1207161",
    }


@pytest.mark.parametrize(
    ("sender", "field"), [("+15005550006", "From"), ("MG" + "0" * 32, "MessagingServiceSid")]
)
def test_twilio_is_given_a_number_or_a_messaging_service(there: StandIns, sender: str, field: str) -> None:
    with connect(TWILIO, there, sms_sender=sender) as line:
        line.sender.send(line.message(text="x" * 5000))
        (given_,) = line.given()

    assert given_["content"].keys() == {"To", field, "Body"}
    assert given_["content"][field] == sender
    assert len(given_["content"]["Body"]) == 1600


def test_who_opted_out_at_twilio_is_refused_by_its_number_for_that(there: StandIns) -> None:
    with connect(TWILIO, there) as line, pytest.raises(Refused, match="21610"):
        line.sender.send(line.message(recipient="+15005550004"))


def test_an_address_that_is_wrong_is_repaired_by_staff_and_loses_nothing(there: StandIns) -> None:
    with (
        connect(GATEWAY, there, sms_base_url=f"{there.address}/elsewhere") as line,
        pytest.raises(Unavailable, match="404"),
    ):
        line.sender.send(line.message())


@pytest.mark.usefixtures("frozen")
@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120.0),
        ("Mon, 02 Mar 2026 09:01:30 GMT", 90.0),
        ("Mon, 02 Mar 2026 08:00:00 GMT", 0.0),
        ("99999999", 86400.0),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_when_to_come_back_is_said_in_seconds_or_as_a_date(said: str | None, seconds: float | None) -> None:
    assert retry_after(said) == seconds


@given(st.text(), st.integers(min_value=1, max_value=50))
def test_cleaning_keeps_to_its_length_and_changes_nothing_twice(text: str, most: int) -> None:
    for clean in (one_line, lines):
        once = clean(text, most=most)
        assert len(once) <= most
        assert clean(once, most=most) == once
    assert "\n" not in one_line(text, most=most)


def test_names_keep_their_letters() -> None:
    name = "Zoë Müller-O’Neil, דוד\u200f, ‌علی\u200cرضا, 佐藤"
    assert one_line(name, most=100) == name


def test_a_channel_is_set_up_when_it_has_all_its_keys(there: StandIns) -> None:
    assert configured(Settings()) == frozenset()
    assert configured(there.settings) == configured(through_twilio(there)) == frozenset(Channel)
    assert senders(there.settings).keys() == set(Channel)
