"""The verbs of appointments. Each takes a session, never commits, and says in its docstring what it refuses."""

from portal.appointments.commands.asking import ask_to_move
from portal.appointments.commands.booking import Details, book, confirm, held_around
from portal.appointments.commands.caring import end_care
from portal.appointments.commands.correcting import take_back_arrival, take_back_start
from portal.appointments.commands.delaying import place_of, set_delay
from portal.appointments.commands.ending import cancel, decline, keep, terms_for
from portal.appointments.commands.following import book_next, follow_up
from portal.appointments.commands.holding import adopt, describe, hold, prolong, release
from portal.appointments.commands.merging import merge_patients
from portal.appointments.commands.moving import reschedule, rules_against
from portal.appointments.commands.overriding import Override, may_override
from portal.appointments.commands.proposing import Pattern, Proposal, propose
from portal.appointments.commands.repeating import cancel_together, repeat
from portal.appointments.commands.retiring import (
    remove_patient,
    retire_centre,
    retire_clinician,
    switch_centre,
    switch_clinician,
)
from portal.appointments.commands.stranding import (
    check_none_coming,
    coming_appointments,
    guarded,
    ids_outside_hours,
    outside_hours,
)
from portal.appointments.commands.upkeep import expire_due, sweep_past
from portal.appointments.commands.visiting import accept, complete, edit, mark_arrived, mark_no_show, start
from portal.appointments.commands.weighing import weigh

__all__ = [
    "Details",
    "Override",
    "Pattern",
    "Proposal",
    "accept",
    "adopt",
    "ask_to_move",
    "book",
    "book_next",
    "cancel",
    "cancel_together",
    "check_none_coming",
    "coming_appointments",
    "complete",
    "confirm",
    "decline",
    "describe",
    "edit",
    "end_care",
    "expire_due",
    "follow_up",
    "guarded",
    "held_around",
    "hold",
    "ids_outside_hours",
    "keep",
    "mark_arrived",
    "mark_no_show",
    "may_override",
    "merge_patients",
    "outside_hours",
    "place_of",
    "prolong",
    "propose",
    "release",
    "remove_patient",
    "repeat",
    "reschedule",
    "retire_centre",
    "retire_clinician",
    "rules_against",
    "set_delay",
    "start",
    "sweep_past",
    "switch_centre",
    "switch_clinician",
    "take_back_arrival",
    "take_back_start",
    "terms_for",
    "weigh",
]
