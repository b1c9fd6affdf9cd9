"""Planned refusals of conversations."""

from portal.core.errors import Forbidden, _


class NobodyToWriteTo(Forbidden):
    message = _("You can write to people you have had an appointment with, and to their centre.")


class AccountClosed(Forbidden):
    message = _("This account is closed: nobody would read your message.")
