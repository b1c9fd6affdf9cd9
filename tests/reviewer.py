"""A test client that reviews every page and fragment it is answered with, so that no test can overlook a bad one."""

import re
from collections import Counter
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
from flask.testing import FlaskClient
from html5lib.constants import E as ERRORS
from werkzeug.test import TestResponse

XHTML = "{http://www.w3.org/1999/xhtml}"
UNLABELLED = {"hidden", "submit", "button", "image", "reset"}


class ReviewingClient(FlaskClient):
    """Like Flask's client; raises AssertionError for HTML that we would not want anybody to get."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        response = super().open(*args, **kwargs)
        if response.mimetype == "text/html" and response.data:
            review(response.text, where=response.request.path)
        return response


def review(html: str, *, where: str) -> None:
    """Raise AssertionError with the place and the fault."""
    is_page = html.lstrip().lower().startswith("<!doctype")
    root = _parsed(html, is_page=is_page, where=where)
    elements = list(root.iter())
    faults = [
        *_faults_anywhere(elements),
        *(_faults_of_page(elements, root) if is_page else _faults_of_piece(root)),
    ]
    assert not faults, f"{where}: " + "; ".join(faults)


def _parsed(html: str, *, is_page: bool, where: str) -> Element:
    parser = html5lib.HTMLParser(html5lib.getTreeBuilder("etree"))
    root: Element = parser.parse(html) if is_page else parser.parseFragment(html)
    errors = [
        f"{ERRORS[code] % data} (line {line})"
        for (line, _), code, data in parser.errors
        if code != "expected-doctype-but-got-start-tag"
    ]
    assert not errors, f"{where}: not valid HTML: {'; '.join(errors[:3])}"
    return root


def _faults_anywhere(elements: list[Element]) -> list[str]:
    faults = []
    ids = Counter(element.get("id") for element in elements if element.get("id"))
    faults += [f"the id {name} occurs {count} times" for name, count in ids.items() if count > 1]
    labelled = {element.get("for") for element in elements if _tag(element) == "label"}
    wrapped = {
        id(inner)
        for element in elements
        if _tag(element) == "label"
        for inner in element.iter()
        if inner is not element
    }
    for element in elements:
        faults += _faults_of(element, labelled, wrapped)
    return faults


def _faults_of(element: Element, labelled: set[str | None], wrapped: set[int]) -> list[str]:
    tag, faults = _tag(element), []
    if element.get("style") or any(str(name).startswith("on") for name in element.attrib):
        faults.append(f"<{tag}> has inline style or script")
    if tag == "style" or (tag == "script" and not element.get("src")):
        faults.append(f"inline <{tag}>")
    if tag == "img" and element.get("alt") is None:
        faults.append("<img> without alt")
    if tag == "form":
        faults += _faults_of_form(element)
    if tag in {"input", "select", "textarea"} and element.get("type") not in UNLABELLED:
        has_label = element.get("id") in labelled or id(element) in wrapped
        if not (has_label or element.get("aria-label") or element.get("aria-labelledby")):
            faults.append(f"<{tag} name={element.get('name')}> has no label")
    if tag in {"button", "a"} and not _text(element) and not element.get("aria-label"):
        faults.append(f"<{tag}> without words")
    return faults


def _faults_of_form(form: Element) -> list[str]:
    faults = []
    if not form.get("action"):
        faults.append("<form> without action")
    if form.get("method", "get").lower() == "post":
        names = {field.get("name") for field in form.iter() if _tag(field) == "input"}
        is_ours = "://" not in form.get("action", "")
        if is_ours != ("csrf_token" in names):
            wrong = "without CSRF token" if is_ours else "takes our CSRF token away"
            faults.append(f"<form action={form.get('action')}> {wrong}")
    return faults


def _faults_of_page(elements: list[Element], root: Element) -> list[str]:
    faults = []
    headings = [_text(element) for element in elements if _tag(element) == "h1"]
    titles = [
        _text(element) for element in elements if _tag(element) == "title" and XHTML in str(element.tag)
    ]
    if len(headings) != 1:
        faults.append(f"{len(headings)} h1")
    elif not titles or not titles[0].startswith(headings[0]):
        faults.append(f"the title {titles[:1]} does not begin with the h1 {headings[0]!r}")
    if not root.get("lang"):
        faults.append("no language")
    return faults


def _faults_of_piece(root: Element) -> list[str]:
    children = [child for child in root if _tag(child)]
    stray = (root.text or "").strip() or any((child.tail or "").strip() for child in root)
    if len(children) != 1 or stray:
        return [f"a fragment has one root element, this one has {len(children)}"]
    return [] if children[0].get("id") or _tag(children[0]) == "div" else ["the root of a fragment has no id"]


def _tag(element: Element) -> str:
    """The name without its namespace; empty for comments, whose tag is a function."""
    return str(element.tag).rpartition("}")[2] if not callable(element.tag) else ""


def _text(element: Element) -> str:
    return re.sub(r"\s+", " ", "".join(element.itertext())).strip()
