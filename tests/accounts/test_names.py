"""Names, usernames, phones and email addresses as people type them."""

import pytest

from portal.accounts.identifiers import optional_username
from portal.accounts.names import clean_name, numbered_slug, parse_name, slug_base
from portal.core.contact import optional_email, optional_phone, parse_phone
from portal.core.errors import Invalid


@pytest.mark.parametrize(
    ("text", "title", "first", "last"),
    [
        ("Cher", "", "Cher", ""),
        ("John Doe", "", "John", "Doe"),
        ("  Mary   Ann  Evans ", "", "Mary", "Ann Evans"),
        ("Dr. Jane Smith", "Dr", "Jane", "Smith"),
        ("prof dr Jane Smith", "Prof Dr", "Jane", "Smith"),
        ("Mr", "", "Mr", ""),
        ("", "", "", ""),
    ],
)
def test_a_name_splits_into_title_first_and_rest(text: str, title: str, first: str, last: str) -> None:
    name = parse_name(text)
    assert (name.title, name.first_name, name.last_name) == (title, first, last)


@pytest.mark.parametrize(
    "name", ["Jo", "Dr. Jane Smith", "Åsa-Lena Öberg", "Seán O’Brien", "José", "王小明", "मीरा देवी"]
)
def test_real_names_are_taken(name: str) -> None:
    assert clean_name(name)


@pytest.mark.parametrize(
    "name", ["", "J", "x" * 101, "1234", "a<b>", "Ana\x00", "=cmd()", "...", "Ana 😀", "a@b"]
)
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        clean_name(name)


def test_line_breaks_in_a_name_become_spaces() -> None:
    assert clean_name("Ana\r\nField") == "Ana Field"


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Jane Smith", "jane-smith"),
        ("Seán O’Brien", "sean-obrien"),
        ("Łukasz Groß", "lukasz-gross"),
        ("王小明", "clinician"),
    ],
)
def test_a_slug_is_the_name_in_plain_letters(name: str, slug: str) -> None:
    assert slug_base(clean_name(name)) == slug


def test_slugs_are_numbered_with_the_first_free_number() -> None:
    assert numbered_slug("jane-smith", set()) == "jane-smith-1"
    assert numbered_slug("jane-smith", {"jane-smith-1", "jane-smith-3"}) == "jane-smith-2"


@pytest.mark.parametrize("text", ["07700 900123", "+44 7700 900123", "0044 7700 900123", "(07700) 900-123"])
def test_a_phone_may_be_written_in_many_ways(text: str) -> None:
    assert parse_phone(text, region="GB") == "+447700900123"


@pytest.mark.parametrize("text", ["", "abc", "12", "07700 900123", "+44 7700 900123 000 111"])
def test_what_is_no_phone_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_phone(text)
    assert "phone" in refused.value.details


def test_an_empty_phone_or_email_is_none() -> None:
    assert optional_phone("  ") is None
    assert optional_email(None) is None
    assert optional_username("") is None


def test_emails_are_kept_in_lower_case() -> None:
    assert optional_email(" Ana@Example.ORG ") == "ana@example.org"


@pytest.mark.parametrize("text", ["ana", "ana@", "ana@x@y.org", "ana@example.org\r\nBcc: b@example.org"])
def test_what_is_no_email_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        optional_email(text)


@pytest.mark.parametrize(
    "text", ["ab", "fay@example.org", "447700900123", "+447700900123", "-fay", "fay marsh", "ünal"]
)
def test_a_username_cannot_be_taken_for_a_phone_or_an_email(text: str) -> None:
    with pytest.raises(Invalid):
        optional_username(text)
