"""Addresses as pages write them: each is asked of the router once, not once on every page that has it."""

from functools import lru_cache
from typing import Any

import flask
from flask import request

MOST = 4096  # in each process


def url_for(endpoint: str, **values: Any) -> str:
    """As `flask.url_for`, but for endpoints relative to the blueprint.

    Within the portal an address depends on nothing of the request but where the portal is mounted. One with a host is
    made each time: the host is what the visitor said.
    """
    if "_external" in values:
        return flask.url_for(endpoint, **values)
    try:
        return _made(request.script_root, endpoint, **values)
    except TypeError:  # several values of one name, as a list
        return flask.url_for(endpoint, **values)


@lru_cache(maxsize=MOST, typed=True)  # 1 and True are not the same in an address
def _made(_root: str, endpoint: str, /, **values: Any) -> str:
    return flask.url_for(endpoint, **values)
