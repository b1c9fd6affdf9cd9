"""Static files: named by their content, kept for ever, folded into one stylesheet."""

import gzip
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.web import assets


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "css").mkdir()
    (tmp_path / "vendor").mkdir()
    (tmp_path / "css" / "app.css").write_text(
        '/* notes */\n@layer base;\n@import url("../vendor/base.css") layer(base);\n@import url("own.css");\n'
    )
    (tmp_path / "css" / "own.css").write_text("h1 { color: teal }")
    (tmp_path / "vendor" / "base.css").write_text('@charset "UTF-8";h1 { color: grey }')
    (tmp_path / "mark.svg").write_text("<svg/>")
    (tmp_path.parent / "secret.txt").write_text("not for the public")
    return tmp_path


@pytest.fixture
def site(root: Path) -> Flask:
    flask = Flask("site", static_folder=None)
    assets.init_app(flask, root)
    return flask


@pytest.fixture
def browser(site: Flask) -> FlaskClient:
    return site.test_client()


def address(site: Flask, name: str) -> str:
    with site.test_request_context():
        return assets.asset_url(name)


def test_a_file_is_kept_for_ever_under_a_name_made_from_its_content(
    site: Flask, browser: FlaskClient
) -> None:
    url = address(site, "mark.svg")
    response = browser.get(url)
    assert assets.HASHED.match(url)
    assert response.text == "<svg/>"
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_changed_content_gets_another_name(site: Flask, root: Path) -> None:
    before = address(site, "mark.svg")
    (root / "mark.svg").write_text("<svg></svg>")
    changed = Flask("changed", static_folder=None)
    assets.init_app(changed, root)
    assert address(changed, "mark.svg") != before


@pytest.mark.parametrize(
    "url",
    [
        "/static/mark.svg",
        "/static/mark.00000000.svg",
        "/static/none.3f2a9c1b.svg",
        "/static/../secret.3f2a9c1b.txt",
        "/static/%2e%2e/secret.txt",
        "/static/css/",
    ],
)
def test_any_other_name_is_not_found(browser: FlaskClient, url: str) -> None:
    assert browser.get(url).status_code == 404


def test_a_path_that_leaves_the_directory_is_no_file(root: Path) -> None:
    assert assets.Assets(root).get("../secret.txt") is None


def test_a_stylesheet_carries_what_it_imports(site: Flask, browser: FlaskClient) -> None:
    css = browser.get(address(site, "css/app.css")).text
    assert "@import" not in css
    assert "notes" not in css
    assert "@charset" not in css
    assert css.index("@layer base {\nh1 { color: grey }\n}") < css.index("h1 { color: teal }")


def test_a_change_in_an_imported_file_changes_the_name(site: Flask, root: Path) -> None:
    before = address(site, "css/app.css")
    (root / "css" / "own.css").write_text("h1 { color: navy }")
    assert "app." + assets.Assets(root).get("css/app.css").digest not in before  # type: ignore[union-attr]


def test_a_missing_import_does_not_take_the_page_down(site: Flask, browser: FlaskClient, root: Path) -> None:
    (root / "vendor" / "base.css").unlink()
    assert "teal" in browser.get(address(site, "css/app.css")).text


def test_text_travels_compressed_where_the_browser_takes_it(site: Flask, browser: FlaskClient) -> None:
    url = address(site, "css/app.css")
    plain = browser.get(url, headers={"Accept-Encoding": "identity"})
    small = browser.get(url, headers={"Accept-Encoding": "gzip"})
    assert small.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.data) == plain.data
    assert "Accept-Encoding" in small.headers["Vary"]


def test_a_browser_that_has_the_file_is_told_so(site: Flask, browser: FlaskClient) -> None:
    url = address(site, "mark.svg")
    etag = browser.get(url).headers["ETag"]
    assert browser.get(url, headers={"If-None-Match": etag}).status_code == 304


def test_a_missing_file_leaves_the_page_standing(site: Flask, caplog: pytest.LogCaptureFixture) -> None:
    assert address(site, "js/none.js") == "/static/js/none.js"
    assert "js/none.js" in caplog.text


def test_the_stylesheet_and_scripts_of_the_product_are_small() -> None:
    """The first visit's budget is 60 kB for everything; styles and our script may take half of it."""
    product = assets.Assets(assets.ROOT)
    sizes = [
        len(asset.compressed or b"") for name in ("css/app.css", "js/app.js") if (asset := product.get(name))
    ]
    assert len(sizes) == 2
    assert sum(sizes) < 32_000
