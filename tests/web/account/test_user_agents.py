"""What devices are called."""

import pytest
from flask import Flask

from portal.web.account.user_agents import browser_name, program_name

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0"


@pytest.mark.parametrize(
    ("said", "name"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0",
            "Firefox on Windows",
        ),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36 Edg/126.0", "Edge on Windows"),
        (f"Mozilla/5.0 (X11; Linux x86_64) {CHROME} Safari/537.36", "Chrome on Linux"),
        (f"Mozilla/5.0 (Linux; Android 14; Pixel 8) {CHROME} Mobile Safari/537.36", "Chrome on Android"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Safari/604.1",
            "Safari on iPhone",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 Version/17.5 Safari/605.1.15",
            "Safari on Mac",
        ),
        ("Mozilla/5.0 (Windows NT 10.0)", "Windows"),
        ("something else", "A browser"),
        ("", "A browser"),
    ],
)
def test_a_browser_is_called_as_its_owner_calls_it(app: Flask, said: str, name: str) -> None:
    with app.test_request_context():
        assert browser_name(said) == name


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("curl/8.5.0", "curl"),
        ("Clinic sync (nightly)", "Clinic sync"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux"),
        ("", "A program"),
        ("x" * 200, "x" * 60),
    ],
)
def test_a_program_is_called_as_it_calls_itself(app: Flask, said: str, name: str) -> None:
    with app.test_request_context():
        assert program_name(said) == name
