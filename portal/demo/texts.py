"""What people of the demo practice write. Nothing here is about anybody."""

PATIENT_NOTES = (
    "It has been going on for about three weeks.",
    "I will bring the letter from my last appointment.",
    "Could we talk about the side effects first?",
    "My partner will come with me, if that is all right.",
    "I use a wheelchair, so a room on the ground floor would help.",
    "I would rather not have the window open, because of my hay fever.",
    "I am a little nervous about this.",
    "Please tell me if I should come with an empty stomach.",
)
CLINICIAN_NOTES = (
    "Much better than last time. Continue as agreed, see again in six weeks.",
    "Explained the options; will think about it and let us know.",
    "Blood test requested, results by telephone.",
    "Exercises shown and written down. Next visit: progress, not pain.",
    "Sleeping better. Keeps a diary until next time.",
    "Medication reviewed, no changes.",
    "Letter to the GP written and sent.",
    "Asked good questions; sent the leaflet afterwards.",
)
PATIENT_REASONS = (
    "I have to work that day after all.",
    "Feeling better, so I no longer need it.",
    "My child is ill at home.",
    "I have booked a different time.",
    "Away that week.",
)
CLINICIAN_REASONS = (
    "I am away that day after all. Please choose another time.",
    "I am unwell. We will call you with another time.",
    "I have to be at a training course.",
)
DESK_REASONS = (
    "Cancelled by telephone: cannot get away from work.",
    "Cancelled by telephone: no longer needed.",
    "Cancelled by telephone: transport.",
)
REFUND_REASONS = (
    "The visit began half an hour late.",
    "The connection failed for most of the visit.",
    "Charged for the longer visit by mistake.",
)
DECLINED = "Your card was declined."
