"""A second language is a catalogue, and nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask
from sqlalchemy.orm import Session

from portal.app import create_app
from portal.bootstrap import db
from portal.settings import PROJECT_ROOT
from portal.web import i18n
from tests.conftest import settings_for

GERMAN = {
    "We could not find that page": "Diese Seite gibt es nicht",
    "Skip to content": "Zum Inhalt springen",
    "That code is not right. Please check it, or ask for a new one.": "Dieser Code stimmt nicht.",
}


@pytest.fixture
def german(database_url: str, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The application with a small German catalogue."""
    catalogue = Catalog(locale="de")
    for english, words in GERMAN.items():
        catalogue.add(english, words)
    (tmp_path / "de" / "LC_MESSAGES").mkdir(parents=True)
    with (tmp_path / "de" / "LC_MESSAGES" / "messages.mo").open("wb") as file:
        write_mo(file, catalogue)
    monkeypatch.setattr(i18n, "CATALOGUES", str(tmp_path))
    return create_app(settings_for(database_url))


def test_a_visitor_gets_the_language_of_the_browser(german: Flask) -> None:
    page = german.test_client().get("/nowhere", headers={"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"})
    assert '<html lang="de">' in page.text
    assert "Diese Seite gibt es nicht" in page.text
    with german.app_context():
        db.engine.dispose()


def test_every_marked_message_is_found_by_the_extractor(tmp_path: Path) -> None:
    """Messages of refusals, forms and templates alike end up in the template of the catalogues."""
    found = tmp_path / "messages.pot"
    command = [Path(sys.executable).with_name("pybabel"), "--quiet", "extract", "--mapping", "pyproject.toml"]
    options = ["--keyword", "lazy_gettext", "--keyword", "marked", "--output", str(found), "."]
    subprocess.run([*map(str, command), *options], cwd=PROJECT_ROOT, check=True)
    with found.open("rb") as file:
        messages = {message.id for message in read_po(file)}
    assert set(GERMAN) <= messages
    assert len(messages) > 500
