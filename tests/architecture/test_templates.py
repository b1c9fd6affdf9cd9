"""What holds for every template, the ones to come included."""

import re
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import meta, nodes

from portal.settings import PROJECT_ROOT

TEMPLATES = sorted((PROJECT_ROOT / "templates").rglob("*.html"))
WORDS = re.compile(r">\s*[A-Za-z][^<>{}]*[a-z]{2,}[^<>{}]*<")


@pytest.fixture(params=TEMPLATES, ids=lambda path: str(path.relative_to(PROJECT_ROOT / "templates")))
def template(request: pytest.FixtureRequest) -> Path:
    return Path(str(request.param))


def test_a_template_has_no_script_style_or_handler_in_it(template: Path) -> None:
    """But mails have style: mail programs fetch no style sheet, and no policy of ours holds in them."""
    source = template.read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son[a-z]+=\"|hx-on|javascript:", source)
    assert template.parent.name == "mail" or not re.search(r"<style|\sstyle=", source)


def test_nothing_is_marked_as_safe(template: Path) -> None:
    """But the drawings of the icons, which stand in the same file."""
    source = template.read_text().replace("PATHS[name]|safe", "")
    assert not re.search(r"\|\s*safe\b|autoescape false", source)


def test_a_fragment_stands_alone(template: Path) -> None:
    if template.name.startswith("_"):
        assert "{% extends" not in template.read_text()


def test_every_word_can_be_translated(template: Path) -> None:
    source = re.sub(r"\{#.*?#\}", "", template.read_text(), flags=re.DOTALL)
    source = re.sub(r"<svg.*?</svg>|<kbd>.*?</kbd>", "", source, flags=re.DOTALL)
    bare = [match.strip("<> \n") for match in WORDS.findall(source)]
    assert not bare, f"{bare}: put it into _()"


def test_every_template_compiles_and_uses_what_it_imports(app: Flask, template: Path) -> None:
    tree = app.jinja_env.parse(template.read_text())
    used = {node.name for node in tree.find_all(nodes.Name)}
    imported = {
        (name[1] if isinstance(name, tuple) else name)
        for node in tree.find_all(nodes.FromImport)
        for name in node.names
    }
    assert not imported - used, "imported and not used"


REMEMBERED = re.compile(r'remembered\("([^"]+)", "(\w+)"')
# What these say of an instant depends on the year in which it is asked, or on who asks.
OF_NOW = {"day", "day_short", "date_time", "date_time_there", "relative_day", "for_viewer", "both_zones"}


def test_what_is_remembered_is_made_of_values_alone(app: Flask, template: Path) -> None:
    """Else one would see what was drawn for another, or yesterday."""
    for path, macro in REMEMBERED.findall(template.read_text()):
        tree = app.jinja_env.parse((PROJECT_ROOT / "templates" / path).read_text())
        assert macro in {node.name for node in tree.find_all(nodes.Macro)}
        assert meta.find_undeclared_variables(tree) <= {"_", "ngettext", "remembered"}
        assert not OF_NOW & {node.name for node in tree.find_all(nodes.Filter)}
        assert not any(node.with_context for node in tree.find_all(nodes.FromImport))
        assert not any(node.with_context for node in tree.find_all(nodes.Import))
