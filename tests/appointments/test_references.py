"""An appointment is called by a few letters that can be read out."""

import pytest

from portal.appointments.references import LETTERS, SPACE, appointment_id_of, reference_for


@pytest.mark.parametrize(
    "number", [1, 2, 31, 32, 1023, 99_999, 123_456_789, SPACE - 1, SPACE, SPACE * 40 + 7]
)
def test_a_reference_leads_back_to_its_appointment(number: int) -> None:
    assert appointment_id_of(reference_for(number)) == number


def test_references_are_six_letters_that_nobody_mishears_and_none_is_given_twice() -> None:
    references = {reference_for(number) for number in range(1, 5000)}
    assert len(references) == 4999
    assert all(len(one) == 7 and one[3] == "-" and set(one) <= {*LETTERS, "-"} for one in references)
    assert not set("ILOU") & set(LETTERS)


def test_a_reference_is_read_however_it_is_written() -> None:
    reference = reference_for(4)
    for written in (
        reference.lower(),
        reference.replace("-", ""),
        f" {reference} ",
        reference.replace("0", "o"),
    ):
        assert appointment_id_of(written) == 4


@pytest.mark.parametrize(
    "typed", ["", "abc", "Ann Underhill", "07700 900123", "ÄÄÄ-ÄÄÄ", "UUU-UUU", "7GK-2QX-7GK-2"]
)
def test_what_is_no_reference_names_no_appointment(typed: str) -> None:
    assert appointment_id_of(typed) is None
