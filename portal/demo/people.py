"""The people of the demo practice. None of them exists, and none of their phone numbers reaches anybody."""

import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

from portal.accounts.names import slug_base
from portal.core.permissions import Role

PASSWORD = "Demo-2468!"  # noqa: S105  printed at start, for the demo alone
LONDON, LEEDS, BENGALURU = "Riverside", "Northgate", "Lakeview"


@dataclass(frozen=True)
class Colleague:
    """Somebody of staff who is no clinician. Without a username they are there, but not to sign in with."""

    role: Role
    full_name: str
    username: str | None = None
    centre: str | None = None
    does: str = ""


STAFF = (
    Colleague(Role.ADMIN, "Ruth Callender", "admin", does="super admin: sees and changes everything"),
    Colleague(Role.MANAGER, "Idris Mackay", "manager", does="manager of all centres"),
    Colleague(Role.FRONT_DESK, "Priya Desai", "desk", LONDON, "front desk at Riverside"),
    Colleague(Role.CARE_COORDINATOR, "Owen Trelawny", "coordinator", LONDON, "care coordinator at Riverside"),
    Colleague(Role.CENTRE_MANAGER, "Yasmin Okoro", "centremanager", LONDON, "manager of Riverside"),
    Colleague(Role.FRONT_DESK, "Callum Reid", centre=LEEDS),
    Colleague(Role.FRONT_DESK, "Deepa Nair", centre=BENGALURU),
)


@dataclass(frozen=True)
class Person:
    """A patient. What is None or empty was never asked. `centre` is the one nearby."""

    full_name: str
    phone: str
    centre: str
    born_on: date
    is_female: bool
    signs_in: bool
    details: dict[str, Any]

    def age(self, today: date) -> int:
        return (today - self.born_on).days // 365


DEMO_PATIENT = ("Maya Fernandes", "+447700900123")
STAFF_PHONE = "+447700900{:03}"
HOW_MANY = {LONDON: 94, LEEDS: 56, BENGALURU: 50}
CHILDREN = 0.18

# Ofcom keeps 07700 900000 to 900999 for drama. India keeps no range, but no mobile number there begins with 5.
PHONES = {LONDON: "+447700900{:03}", LEEDS: "+447700900{:03}", BENGALURU: "+9155500{:05}"}
FIRST_PATIENT, FIRST_CONTACT, LAST_CONTACT = 200, 500, 999  # last digits; those of staff are below 100

WOMEN, MEN, SURNAMES = "women", "men", "surnames"
BRITISH = {
    WOMEN: """
        Abigail Aisha Alice Amelia Bronwen Catherine Chloe Eleanor Ellen Emily Erin Esme Fatima
        Freya Gemma Georgia Harriet Imogen Isla Jasmine Joanna Kate Keira Lucy Lydia Maria
        Martha Megan Nia Niamh Olivia Phoebe Rosa Ruby Sadia Sarah Shanice Sian Tamara Zainab
    """,
    MEN: """
        Adam Adrian Aidan Ben Callum Cameron Daniel Darius David Dylan Ebo Edward Elliot Emeka
        Finn George Gareth Harry Hassan Henry Isaac Jack James Jamal Joseph Kofi Kwame Leo Liam
        Luke Marcus Mateusz Nathan Noah Omar Patrick Reuben Stephen Theo Yusuf
    """,
    SURNAMES: """
        Abara Ahmed Allsop Ashworth Barlow Begum Bradshaw Campbell Clarke Cohen Cooper Davies
        Dawson Eze Fairbairn Foster Gallagher Greenwood Hall Hargreaves Holt Hughes Hussain
        Ibrahim Jenkins Kelly Khan Lawson Kaminski Llewellyn Malik Marsh McKenna Mensah Morgan
        Nowak Obi Parker Patel Pickering Price Quinn Reeves Roberts Sandhu Shaw Silva Stone
        Sutcliffe Taylor Thackray Turner Walsh Whitaker Yeung
    """,
}
INDIAN = {
    WOMEN: """
        Aditi Anjali Asha Bhavana Chitra Divya Gayathri Geetha Indira Jyothi Kavya Lalitha
        Malini Nandini Padma Pooja Radhika Revathi Saira Shruti Sneha Tara Usha Vidya
    """,
    MEN: """
        Abhishek Aditya Ajay Anand Arun Ashwin Dinesh Ganesh Girish Harish Imran Karthik Kiran
        Madhav Manoj Naveen Nikhil Prakash Rahul Ravi Sandeep Suresh Uday Varun
    """,
    SURNAMES: """
        Achar Ahuja Bhandary Chandran D'Souza Hegde Iyengar Jain Joshi Kamath Khanna Menon
        Murthy Naidu Pai Prabhu Raghavan Rao Reddy Shenoy Subramaniam Thomas Upadhya Venkatesh
    """,
}
HISTORIES = (
    "Penicillin allergy: rash as a child.",
    "Mild asthma, uses an inhaler before exercise.",
    "Type 2 diabetes since 2019, diet and metformin.",
    "High blood pressure, well controlled on amlodipine.",
    "Appendix removed in 2011, otherwise well.",
    "Migraine with aura two or three times a year.",
    "Underactive thyroid, blood test every spring.",
    "Lower back pain since moving house in 2022.",
    "Hay fever from April to July.",
    "Broken left wrist in 2018, healed without problems.",
    "Gluten intolerance, confirmed by biopsy.",
    "No regular medicines. Father had a heart attack at 58.",
)
CHILD_HISTORIES = (
    "Vaccinations up to date.",
    "Eczema in the elbows, better in summer.",
    "Egg allergy, carries antihistamine.",
    "Grommets at the age of four.",
)
LEADS = ("Website", "Recommended by a friend", "Doctor's referral", "Walked past", "Employer")
BLOOD_GROUPS = ("O+", "O+", "A+", "A+", "B+", "AB+", "O-", "A-")


@cache
def clinicians() -> tuple[dict[str, Any], ...]:
    """The clinicians as the file beside this one describes them."""
    text = Path(__file__).with_name("clinicians.toml").read_text(encoding="utf-8")
    return tuple(tomllib.loads(text)["clinician"])


def address(full_name: str) -> str:
    """An email address that nobody can have: "Dr Tomasz Zieliński" has tomasz.zielinski@example.com."""
    return slug_base(full_name.removeprefix("Dr ")).replace("-", ".") + "@example.com"


def patients(random: Random, today: date) -> list[Person]:
    """Two hundred patients, the documented one first, all with a phone and a name of their own."""
    found = [_demo_patient(today)]
    for centre, count in HOW_MANY.items():
        names = _names(random, INDIAN if centre == BENGALURU else BRITISH)
        for full_name, is_female in names[: count - (centre == LONDON)]:
            phone = PHONES[centre].format(FIRST_PATIENT + len(found))
            found.append(_patient(random, today, full_name, phone, centre, is_female=is_female))
    return found


def _names(random: Random, source: dict[str, str]) -> list[tuple[str, bool]]:
    surnames = source[SURNAMES].split()
    names = [
        (f"{first} {last}", kind == WOMEN)
        for kind in (WOMEN, MEN)
        for first, last in product(source[kind].split(), surnames)
    ]
    random.shuffle(names)
    return names


def _demo_patient(today: date) -> Person:
    full_name, phone = DEMO_PATIENT
    return Person(
        full_name,
        phone,
        LONDON,
        born_on=_years_before(today, 34.4),
        is_female=True,
        signs_in=True,
        details={
            "email": address(full_name),
            "date_of_birth": _years_before(today, 34.4),
            "gender": "FEMALE",
            "blood_group": "A+",
            "emergency_contact_name": "Daniel Fernandes",
            "emergency_contact_phone": "+447700900124",
            "medical_history": f"{HISTORIES[0]} {HISTORIES[8]}",
            "lead_source": LEADS[0],
        },
    )


def _patient(
    random: Random, today: date, full_name: str, phone: str, centre: str, *, is_female: bool
) -> Person:
    is_child = random.random() < CHILDREN
    born_on = _years_before(today, random.uniform(0.5, 15.5) if is_child else random.triangular(18, 88, 40))
    gender = "FEMALE" if is_female else "MALE"
    histories = CHILD_HISTORIES if is_child else HISTORIES

    def sometimes(share: float, value: Any, otherwise: Any = None) -> Any:
        return value if random.random() < share else otherwise

    relative = f"{random.choice(('Sam', 'Alex', 'Robin'))} {full_name.rpartition(' ')[2]}"
    their_phone = PHONES[centre].format(random.randint(FIRST_CONTACT, LAST_CONTACT))
    contact_name, contact_phone = sometimes(0.3, (relative, their_phone), ("", None))
    details = {
        "email": sometimes(0.6, address(full_name)),
        "date_of_birth": sometimes(0.8, born_on),
        "gender": sometimes(0.75, gender, sometimes(0.15, "UNDISCLOSED")),
        "blood_group": sometimes(0.35, random.choice(BLOOD_GROUPS)),
        "emergency_contact_name": contact_name,
        "emergency_contact_phone": contact_phone,
        "medical_history": sometimes(0.4, random.choice(histories), ""),
        "lead_source": random.choice(LEADS),
    }
    return Person(
        full_name, phone, centre, born_on, is_female, signs_in=random.random() < 0.65, details=details
    )


def _years_before(today: date, years: float) -> date:
    return today - timedelta(days=int(years * 365.25))
