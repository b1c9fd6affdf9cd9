"""Objects in the place of their ids, for who asks for them."""

from collections.abc import Iterable

from portal.sandbox.stripe.refusal import Refusal
from portal.sandbox.stripe.store import Store, Thing, public


def expanded(store: Store, thing: Thing, pairs: Iterable[tuple[str, str]]) -> Thing:
    """The answer, with the objects that were asked for in the place of their ids."""
    answer = public(thing)
    for name, path in pairs:
        if name.startswith("expand["):
            _expand(store, answer, path.split("."))
    return answer


def _expand(store: Store, thing: Thing, path: list[str]) -> None:
    name, *rest = path
    if name not in thing and "id" in thing:
        kept = store.get(thing["id"], "")
        thing |= {name: kept[f"_{name}"]} if f"_{name}" in kept else {}  # told only to who asks for it
    if name not in thing:
        raise Refusal(f"This property cannot be expanded ({name}).", param="expand")
    if isinstance(thing[name], str):
        thing[name] = public(store.get(thing[name], ""))
    inside = thing[name] if isinstance(thing[name], list) else [thing[name]]
    for one in inside if rest else ():
        if isinstance(one, dict):
            _expand(store, one, rest)
