"""One way to make an endpoint: who may use it, what goes in and out, and its place in the OpenAPI document."""

import hashlib
import json as jsonlib
from collections.abc import Callable
from functools import cache, partial, wraps
from http import HTTPMethod
from typing import Any

from flask import Response, current_app, g, request
from pydantic import BaseModel, Field
from spectree import Response as Responses
from spectree import SecurityScheme, SpecTree
from spectree.model_adapter.protocol import SchemaMode
from spectree.model_adapter.pydantic_adapter import PydanticModelAdapter
from spectree.models import SecureType, SecuritySchemeData

from portal.accounts import idempotency
from portal.accounts.idempotency import Answer as Kept
from portal.api.v1.files import File, FileResponses, content_sent
from portal.api.v1.representations.base import Paged, Shape
from portal.api.v1.representations.failures import Refused
from portal.api.v1.validation import check_body, refuse_invalid
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.permissions import Permission
from portal.delivery.access import check_may

View = Callable[..., Any]
Again = Callable[..., Any]
EVERYBODY: tuple[Permission, ...] = ()


class _DescribedOnce(PydanticModelAdapter):
    """Hundreds of answers share a few models: describing each once halves the time that the product takes to start."""

    def json_schema(
        self, model: type[Any], *, ref_template: str, mode: SchemaMode = "validation"
    ) -> dict[str, Any]:
        return _described_once(model, ref_template, mode)  # type: ignore[arg-type]  # a class can be hashed


@cache
def _described_once(model: type[Any], ref_template: str, mode: SchemaMode) -> dict[str, Any]:
    return PydanticModelAdapter().json_schema(model, ref_template=ref_template, mode=mode)


spec = SpecTree(
    "flask",
    model_adapter=_DescribedOnce(),  # type: ignore[arg-type]  # nor does the library's own fit its protocol
    mode="strict",
    title="Bookable",
    version="1",
    before=refuse_invalid,
    validation_error_status=400,
    validation_error_model=Refused,
    naming_strategy=lambda model: model.__name__.replace("[", "_").replace("]", ""),
    nested_naming_strategy=lambda _parent, child: child,
    security_schemes=[
        SecurityScheme(name="bearer", data=SecuritySchemeData(type=SecureType.HTTP, scheme="bearer"))
    ],
)


class WriteHeaders(Shape):
    """A write that is sent again with the same key and body happens once, and is answered as before."""

    idempotency_key: str | None = Field(None, alias="Idempotency-Key", min_length=1, max_length=200)


def endpoint(
    capability: str,
    answers: type[BaseModel] | File,
    *permissions: Permission,
    status: int = 200,
    is_write: bool = False,
    in_steps: bool = False,
    is_cacheable: bool = False,
    also: tuple[int, ...] = (),
    again: Again | None = None,
) -> Callable[[View], View]:
    """Make a view an endpoint. Put it below the route decorator.

    `capability` is the id of what it serves; `answers` the envelope's model, filled from what the view returns,
    or the File whose content it returns;
    `permissions` are those of which one is needed, none for everybody. The view's arguments `query` and `json` are
    validated by their annotated models. A view that `is_write` runs in one transaction, with what the
    Idempotency-Key header asks for; one that works `in_steps` has transactions of its own, since it asks a provider
    between them, and does no harm when it is repeated. `also` are statuses beyond the usual ones. `again` makes the
    answer anew from the id of what was made and the arguments of the address, for writes of which no copy may lie
    about with their Idempotency-Key.
    """

    def make(view: View) -> View:
        @wraps(view)
        def run(*args: Any, **kwargs: Any) -> Any:
            work = partial(view, *args, **kwargs)
            if isinstance(answers, File):
                return answers.response(work())
            if not is_write:
                return _enveloped(work(), answers), status
            written = _written_in_steps if in_steps else partial(_written, again=again)
            return written(work, answers, status)

        takes_body = "json" in view.__annotations__
        needs = {*also, *_statuses(view, permissions, is_write=is_write)}
        validated = spec.validate(
            resp=_described(answers, status, needs),
            headers=WriteHeaders if is_write and permissions else None,
            tags=[view.__module__.rpartition(".")[2].replace("_", " ")],
            security={"bearer": []} if permissions else [],
            operation_id=f"{view.__module__.rpartition('.')[2]}_{view.__name__}",
        )(run)

        @wraps(validated)
        def guarded(*args: Any, **kwargs: Any) -> Response:
            if permissions:
                _check(permissions)
            if takes_body:
                check_body()
            response: Response = validated(*args, **kwargs)
            return _unless_known(response) if is_cacheable else response

        guarded.permission = permissions or None  # type: ignore[attr-defined]
        guarded.capability = capability  # type: ignore[attr-defined]
        return guarded

    return make


def _check(permissions: tuple[Permission, ...]) -> None:
    """Raises what is wrong with the token, if that is why nobody is signed in; else as `check_may`."""
    if not g.actor.is_signed_in:
        raise g.refusal
    check_may(permissions)


def _statuses(view: View, permissions: tuple[Permission, ...], *, is_write: bool) -> set[int]:
    """How any endpoint of its kind may fail."""
    usual = {400, 429, 503}
    if permissions:
        usual |= {401, 403}
    if is_write:
        usual |= {404, 409, 413}
    if set(view.__annotations__) - {"query", "json", "return"}:
        usual.add(404)
    return usual


def _described(answers: type[BaseModel] | File, status: int, refusals: set[int]) -> Responses:
    refused = {f"HTTP_{number}": Refused for number in refusals}
    if isinstance(answers, File):
        return FileResponses(answers, **refused)
    return Responses(**{f"HTTP_{status}": answers}, **refused)


def _enveloped(result: Any, answers: type[BaseModel]) -> BaseModel:
    if isinstance(result, answers):
        return result
    if isinstance(result, Paged):
        return answers(data=result.data, pagination=result.pagination)
    return answers(data=result)


def _written(
    work: Callable[[], Any], answers: type[BaseModel], status: int, again: Again | None = None
) -> Any:
    """Do the work in one transaction; with a key, once."""
    key = _key()
    if key is None:
        return in_transaction(db.session, lambda: _enveloped(work(), answers)), status
    if again is not None:
        return in_transaction(
            db.session, lambda: _enveloped(_by_id(work, status, key, again), answers)
        ), status
    return _as_kept(in_transaction(db.session, lambda: _once(work, answers, status, key)))


def _written_in_steps(work: Callable[[], Any], answers: type[BaseModel], status: int) -> Any:
    """The answer is kept when the work is done; of two at once both have the answer of the first to end."""
    key = _key()
    if key is None:
        return _enveloped(work(), answers), status
    facts = {"account_id": g.actor.account_id, "key": key, "fingerprint": _fingerprint(), "at": clock.now()}
    known = in_transaction(db.session, lambda: idempotency.answer_to(db.session, **facts))
    if known is None:
        result = work()
        known = in_transaction(db.session, lambda: _once(lambda: result, answers, status, key))
    return _as_kept(known)


def _as_kept(kept: Kept) -> Response:
    return current_app.response_class(kept.body, status=kept.status, mimetype="application/json")


def _once(work: Callable[[], Any], answers: type[BaseModel], status: int, key: str) -> Kept:
    before = idempotency.claim(
        db.session, account_id=g.actor.account_id, key=key, fingerprint=_fingerprint(), at=clock.now()
    )
    if before is not None:
        return before
    answer = Kept(status, _enveloped(work(), answers).model_dump_json())
    idempotency.keep(db.session, account_id=g.actor.account_id, key=key, answer=answer)
    return answer


def _by_id(work: Callable[[], Any], status: int, key: str, again: Again) -> Any:
    """As `_once`, but all that is kept is the id of what was made."""
    facts = {"account_id": g.actor.account_id, "key": key}
    before = idempotency.claim(db.session, **facts, fingerprint=_fingerprint(), at=clock.now())
    if before is not None:
        return again(int(before.body), **(request.view_args or {}))
    made = work()
    idempotency.keep(db.session, **facts, answer=Kept(status, str(made.id)))
    return made


def _key() -> str | None:
    """From the header, or from the body, as one of the documents has it."""
    body = request.get_json(silent=True) if request.method != HTTPMethod.DELETE else None
    in_body = body.get("idempotencyKey") if isinstance(body, dict) else None
    key = request.headers.get("Idempotency-Key") or in_body
    return key if g.actor.is_signed_in and key else None


def _fingerprint() -> str:
    """What is asked for; JSON means the same however it is written, a file byte by byte."""
    body = jsonlib.dumps(request.get_json(silent=True), sort_keys=True)
    file = b"" if request.is_json else content_sent()
    return hashlib.sha256(f"{request.method} {request.full_path} {body}".encode() + file).hexdigest()


def _unless_known(response: Response) -> Response:
    """Answer 304 to whoever has the same already (RFC 9110, section 13)."""
    response.add_etag()
    response.headers["Cache-Control"] = "private, no-cache"
    response.make_conditional(request)
    return response
