"""Phones and addresses as others may see them."""

import pytest

from portal.core.contact import masked


@pytest.mark.parametrize(
    ("recipient", "shown"),
    [
        ("+447700900123", "+44 ••• 123"),
        ("+919876543210", "+91 ••• 210"),
        ("jane.doe@example.org", "j•••@example.org"),
        ("x@example.org", "x•••@example.org"),
        ("07700 900123", "•••"),
        ("", ""),
    ],
)
def test_no_more_is_shown_than_its_owner_needs_to_know_it(recipient: str, shown: str) -> None:
    assert masked(recipient) == shown
