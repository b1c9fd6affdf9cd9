"""The practice's words for people, in our messages and nowhere else."""

import pytest

from portal.core.words import Words

WORDS = Words("SERVICE_USER", "ADVISOR")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Patients", "Service users"),
        ("The patient’s name", "The service user’s name"),
        ("Correct patients’ details", "Correct service users’ details"),
        ("A patient of a clinician", "A service user of an advisor"),
        ("A clinician", "An advisor"),
        ("Ask a new clinician or patient/clinician", "Ask a new advisor or service user/advisor"),
        ("%(patient)s, {patient} and {clinician}", "%(patient)s, {patient} and {clinician}"),
        ("See /patients/new or https://a.example/patient", "See /patients/new or https://a.example/patient"),
        ("Write to patient@example.org", "Write to patient@example.org"),
        ("PATIENT or CLINICIAN", "PATIENT or CLINICIAN"),
        ("Outpatients wait patiently", "Outpatients wait patiently"),
        ("Tell the patient.", "Tell the service user."),
    ],
)  # fmt: skip
def test_people_are_called_as_the_practice_calls_them(ours: str, theirs: str) -> None:
    assert WORDS.put_into(ours) == theirs


def test_an_article_fits_the_word_behind_it() -> None:
    assert Words("CLIENT", "SPECIALIST").put_into("a clinician, a patient") == "a specialist, a client"


def test_the_usual_words_leave_everything_as_it_is() -> None:
    message = "A clinician sees a patient"
    assert Words().put_into(message) is message
