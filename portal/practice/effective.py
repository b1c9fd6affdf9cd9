"""The settings in force: those of the environment, with the practice's own rules in place of theirs."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from portal.environment import SettingsError
from portal.practice.rules import read_rule
from portal.settings import Settings

log = logging.getLogger(__name__)


def effective(base: Settings, own: Mapping[str, str]) -> Settings:
    """`base` with the rules that are written in `own`.

    What makes no sense, or is no rule any more, never stops anybody: it is logged, and the environment's is in force.
    """
    values: dict[str, Any] = {}
    for key, text in own.items():
        try:
            values[key] = read_rule(key, text)
        except (KeyError, SettingsError) as error:
            log.error("a rule of the practice cannot be used", extra={"rule": key, "error": str(error)})
    return replace(base, **values) if values else base
