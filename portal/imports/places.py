"""Names in files, however they are capitalised and with or without accents; and which centre is meant by one."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.centres.models import Centre
from portal.centres.queries import visible_to
from portal.core.errors import _
from portal.core.permissions import Actor
from portal.imports.problems import BadCell, shown


def fold(text: str) -> str:
    """The text with single spaces, without accents and capitals."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(one for one in apart if not unicodedata.combining(one)).split())


class Centres:
    """The centres somebody may see, found by name; where two have one name, by "name, city"."""

    def __init__(self, session: Session, actor: Actor) -> None:
        self._by_name: dict[str, list[Centre]] = defaultdict(list)
        for centre in session.scalars(
            select(Centre).where(visible_to(actor)).order_by(func.lower(Centre.name), Centre.id)
        ):
            self._by_name[fold(centre.name)].append(centre)
            self._by_name[fold(f"{centre.name}, {centre.city}")].append(centre)

    def one(self, text: str) -> Centre:
        """Raises BadCell unless exactly one is meant."""
        found = self._by_name.get(fold(text), [])
        if len(found) > 1:
            raise BadCell(
                "AMBIGUOUS_CENTRE",
                _("Several centres are called so. Write the city after it: Riverside, Leeds."),
            )
        if not found:
            raise BadCell("UNKNOWN_CENTRE", _("There is no centre called “%(name)s”."), name=shown(text))
        return found[0]

    def several(self, text: str) -> Sequence[Centre]:
        """Those named, with commas or semicolons between them, in that order; raises BadCell as `one` does."""
        found: dict[int, Centre] = {}
        for part in filter(str.strip, re.split(r"[;|]", text)):
            names = [part] if fold(part) in self._by_name else filter(str.strip, part.split(","))
            found |= {centre.id: centre for centre in map(self.one, names)}
        return list(found.values())
