"""What people typed stands in messages as text, and as nothing else."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.notifications.kinds import Kind
from portal.notifications.models import Channel
from portal.notifications.wording import in_app, in_layout
from portal.notifications.wording.composing import Words, put_together
from portal.notifications.wording.defaults import our_draft
from tests.reviewer import XHTML

FACTS = {
    "patient": "Ana Silva",
    "clinician": "Dr Jane Smith",
    "when": "Friday 4 June, 10:00 (BST)",
    "where": "online",
    "link": "https://book.example/patient/appointments/7",
    "code": "123456",
}


def said(kind: str = Kind.CONFIRMED, channel: str = Channel.EMAIL, **values: str) -> Words:
    return put_together(our_draft(kind, channel, "en"), kind, channel, "en", {**FACTS, **values})


def elements_of(html: str) -> list[Any]:
    import html5lib

    root = html5lib.HTMLParser(html5lib.getTreeBuilder("etree")).parse(html)
    return [
        (element.tag.removeprefix(XHTML), element.get("href"))
        for element in root.iter()
        if isinstance(element.tag, str)
    ]


def test_html_in_a_name_is_text() -> None:
    name = "<img src=x onerror=alert(1)><a href='https://evil.example'>Ana</a>"
    mail = said(patient=name)
    assert name in mail.text
    assert elements_of(mail.html) == elements_of(said().html)
    assert "&lt;img src=x onerror=alert(1)&gt;" in mail.html


def test_braces_in_a_value_are_not_filled() -> None:
    mail = said(patient="{code} {link} {{7*7}} {% raw %} %s", clinician="{patient}")
    assert "Hello {code} {link} {{7*7}} {% raw %} %s," in mail.text
    assert "with {patient} is booked" in mail.text
    assert "123456" not in mail.text + mail.html
    assert "{{7*7}} {% raw %}" in mail.html


@pytest.mark.parametrize("line_end", ["\r\n", "\n", "\r", "\u2028", "\u2029", "\x0b", "\x85"])
def test_a_name_adds_no_line_to_a_message_and_no_header_to_a_mail(line_end: str) -> None:
    name = f"Ana{line_end}Bcc: all@example.org{line_end}{line_end}Pay here"
    mail = said(Kind.NEW_MESSAGE, sender=name)
    assert mail.subject == "New message from Ana Bcc: all@example.org Pay here"
    assert len(mail.text.splitlines()) == len(said(Kind.NEW_MESSAGE, sender="Ana").text.splitlines())
    for channel in (Channel.SMS, Channel.WHATSAPP):
        text = said(Kind.NEW_MESSAGE, channel, sender=name)
        assert len(text.text.splitlines()) == 1
        assert all(len(value.splitlines()) == 1 for value in text.parameters.values())
    assert len(in_app(Kind.NEW_MESSAGE, "en", {"sender": name})[0].splitlines()) == 1


def test_a_name_cannot_turn_the_direction_of_what_follows() -> None:
    mail = said(patient="Ana\u202egro.live\u2066")
    assert not set("\u202e\u2066") & set(mail.text + mail.html)
    assert "Hello <bdi>יעל כהן</bdi>," in said(patient="יעל כהן").html


def test_a_link_that_is_no_web_address_is_no_link() -> None:
    mail = said(link="javascript:alert(1)")
    assert "javascript" not in mail.html
    assert "javascript" not in mail.text


def test_in_a_mail_that_is_written_already_only_our_own_links_are_buttons() -> None:
    ours = in_layout("Hello", "Confirm: http://127.0.0.1:8000/verify-email?token=1", "en")
    theirs = in_layout(
        "Hello", "Reason: http://127.0.0.1:8000.evil.example/\n\n<b>Pay</b>: https://evil.example/", "en"
    )
    assert ("a", "http://127.0.0.1:8000/verify-email?token=1") in elements_of(ours)
    assert {href for tag, href in elements_of(theirs) if tag == "a"} == {"http://127.0.0.1:8000"}
    assert "b" not in {tag for tag, _ in elements_of(theirs)}


def test_a_very_long_reason_does_not_make_a_very_long_message() -> None:
    text = said(Kind.CLINICIAN_REJECTED, Channel.SMS, reason="No. " * 2000).text
    assert len(text) < 400
    assert text.endswith("…")


@settings(max_examples=40)
@given(st.text(max_size=60))
def test_whatever_a_name_is_the_mail_keeps_its_shape(name: str) -> None:
    plain, odd = said(patient="Ana"), said(patient="A" + name)
    assert odd.text.count("\n") == plain.text.count("\n")
    assert elements_of(odd.html) == elements_of(plain.html)
