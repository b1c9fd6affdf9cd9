"""Static files under names that carry a hash of their content, so that browsers may keep them for ever.

`asset_url("css/app.css")` is `/static/css/app.3f2a9c1b.css`. A stylesheet's own `@import` rules are folded into it:
one request, and the vendor layer stays a layer. Files are read once per process, or at each change in debug mode.
"""

import gzip
import hashlib
import logging
import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Response, abort, current_app, request

from portal.web.addresses import url_for

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[2] / "static"
HASHED = re.compile(r"^(?P<stem>.+)\.(?P<digest>[0-9a-f]{8})(?P<suffix>\.[a-z0-9]+)$")
IMPORT = re.compile(r'@import url\("(?P<file>[^"]+)"\)(?: layer\((?P<layer>[\w-]+)\))?;\n?')
COMMENT = re.compile(r"/\*.*?\*/\s*", re.DOTALL)
TEXTUAL = (
    "text/",
    "application/javascript",
    "image/svg+xml",
    "application/json",
    "application/manifest+json",
)
FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    content: bytes
    compressed: bytes | None
    digest: str
    content_type: str


class Assets:
    """The files below one directory, by their plain names."""

    def __init__(self, root: Path, *, watch: bool = False) -> None:
        self._root = root.resolve()
        self._watch = watch
        self._known: dict[str, tuple[float, Asset]] = {}

    def get(self, name: str) -> Asset | None:
        """The file of that plain name, or None."""
        known = self._known.get(name)
        if known and not (self._watch and known[0] < self._changed_at()):
            return known[1]
        path = (self._root / name).resolve()
        if not path.is_relative_to(self._root) or not path.is_file():
            return None
        changed_at = self._changed_at() if self._watch else 0.0
        asset = _read(path)
        self._known[name] = (changed_at, asset)
        return asset

    def hashed_name(self, name: str) -> str | None:
        """The name under which the file is served, or None where there is no such file."""
        asset = self.get(name)
        if asset is None:
            return None
        stem, _, suffix = name.rpartition(".")
        return f"{stem}.{asset.digest}.{suffix}"

    def find(self, hashed_name: str) -> Asset | None:
        """The file served under that name, or None when the name or its hash is not a present one."""
        match = HASHED.match(hashed_name)
        asset = self.get(match["stem"] + match["suffix"]) if match else None
        return asset if asset and match and asset.digest == match["digest"] else None

    def _changed_at(self) -> float:
        return max((path.stat().st_mtime for path in self._root.rglob("*") if path.is_file()), default=0.0)


def init_app(app: Flask, root: Path = ROOT) -> None:
    """Serve `/static/...` from `root`; expects a Flask application without a static folder of its own."""
    app.extensions["portal_assets"] = Assets(root, watch=app.debug)
    app.add_url_rule("/static/<path:filename>", endpoint="static", view_func=serve)
    app.jinja_env.globals["asset_url"] = asset_url


def asset_url(name: str) -> str:
    """The address of a static file by its plain name; a missing file is logged and its address answers 404."""
    hashed = _assets().hashed_name(name)
    if hashed is None:
        log.warning("static file missing: %s", name)
    return url_for("static", filename=hashed or name)


def serve(filename: str) -> Response:
    """Answer with the file of that hashed name, compressed where the client takes gzip."""
    asset = _assets().find(filename)
    if asset is None:
        abort(404)
    response = Response(asset.content, content_type=asset.content_type)
    if asset.compressed is not None:
        response.vary.add("Accept-Encoding")
        if request.accept_encodings.quality("gzip") > 0:
            response.set_data(asset.compressed)
            response.content_encoding = "gzip"
    response.headers["Cache-Control"] = FOR_EVER
    response.set_etag(asset.digest)
    response.make_conditional(request)
    return response


def _assets() -> Assets:
    assets: Assets = current_app.extensions["portal_assets"]
    return assets


def _read(path: Path) -> Asset:
    content = _bundle(path).encode() if path.suffix == ".css" else path.read_bytes()
    content_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if content_type == "text/javascript" or path.suffix == ".js":
        content_type = "text/javascript"
    compressed = gzip.compress(content, 9, mtime=0) if content_type.startswith(TEXTUAL) else None
    digest = hashlib.sha256(content).hexdigest()[:8]
    charset = "; charset=utf-8" if content_type.startswith("text/") else ""
    return Asset(content, compressed, digest, content_type + charset)


def _bundle(path: Path) -> str:
    """The stylesheet with its imports in place of the rules that name them, without comments."""
    css = path.read_text(encoding="utf-8").removeprefix('@charset "UTF-8";')
    return IMPORT.sub(lambda match: _imported(path, match), COMMENT.sub("", css))


def _imported(path: Path, match: re.Match[str]) -> str:
    target = path.parent / match["file"]
    if not target.is_file():
        log.warning("stylesheet missing: %s", target.name)
        return ""
    css = _bundle(target)
    return f"@layer {match['layer']} {{\n{css}\n}}\n" if match["layer"] else css + "\n"
