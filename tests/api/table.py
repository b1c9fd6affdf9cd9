"""The table of endpoints (endpoints.toml), and the same facts as the code and its document have them."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask

from tests.api.client import PREFIX

TABLE = Path(__file__).with_name("endpoints.toml")
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}


@dataclass(frozen=True)
class Row:
    """One endpoint. `roles` is "PUBLIC" or a list; `scope` is what {id} names; `body` one that fits."""

    method: str
    path: str
    capabilities: tuple[str, ...]
    roles: Any = ()
    scope: str | None = None
    body: Any = None

    @property
    def key(self) -> tuple[str, str]:
        return self.method, anonymous(self.path)

    @property
    def is_public(self) -> bool:
        return bool(self.roles == "PUBLIC")

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def rows(kind: str = "endpoint") -> list[Row]:
    """The rows of a kind: "endpoint", or "pending" for those of a later capability."""
    found = tomllib.loads(TABLE.read_text(encoding="utf-8"))[kind]
    return [Row(**{**row, "capabilities": tuple(row["capabilities"])}) for row in found]


def anonymous(path: str) -> str:
    """A path whose parameters have no names, so that spellings can be compared: /centres/{}."""
    return re.sub(r"[<{][^>}]*[>}]", "{}", path)


def routes(app: Flask) -> Iterator[tuple[tuple[str, str], Any]]:
    """Method and nameless path of each route of the API, with its view."""
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(PREFIX):
            for method in METHODS & (rule.methods or set()):
                yield (method, anonymous(rule.rule.removeprefix(PREFIX))), app.view_functions[rule.endpoint]
