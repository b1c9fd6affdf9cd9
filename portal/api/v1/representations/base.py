"""The bases of all models, the types that they share, and the envelope of every answer."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from portal.core.money import Money, parse_amount
from portal.core.pagination import DEFAULT_LIMIT, MOST, Page

T = TypeVar("T")
R = TypeVar("R")

BIGGEST = 2**63 - 1
SHORT, LONG = 200, 4000

Id = Annotated[int, Field(ge=1, le=BIGGEST)]
Line = Annotated[str, Field(max_length=SHORT)]
Text = Annotated[str, Field(max_length=LONG)]
Password = Annotated[str, StringConstraints(strip_whitespace=False, max_length=256)]
"""As it was typed."""

Amount = Annotated[float, Field(ge=0, le=10**12)]
"""Money as a number in the currency's main unit."""


class Shape(BaseModel):
    """What goes out."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, serialize_by_alias=True)


class Body(Shape):
    """What comes in as JSON: nothing that we do not know, texts without outer spaces."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=False,
        validate_by_alias=True,
        serialize_by_alias=True,
        extra="forbid",
        str_strip_whitespace=True,
    )

    def given(self) -> dict[str, Any]:
        """Only what the client sent, by inner name: for changes in part."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class Query(Body):
    """What comes in after the question mark."""


class Listing(Query):
    """Page and length of a list; a limit above the most is taken as the most."""

    page: Annotated[int, Field(ge=1, le=10**9)] = 1
    limit: Annotated[int, Field(ge=1, le=10**9, description=f"At most {MOST}; more is taken as {MOST}.")] = (
        DEFAULT_LIMIT
    )

    @property
    def limit_taken(self) -> int:
        return min(self.limit, MOST)


class Answer(Shape, Generic[T]):
    """The envelope."""

    success: Literal[True] = True
    data: T
    message: str | None = None


class Pagination(Shape):
    """Pages are numbered from 1."""

    page: int
    limit: int
    total: int
    total_pages: int
    has_next: bool
    has_prev: bool


class Listed(Answer[list[T]], Generic[T]):
    """The envelope of a list."""

    pagination: Pagination


class Done(Shape):
    """The envelope of what has nothing more to say."""

    success: Literal[True] = True
    message: str


@dataclass(frozen=True)
class Paged(Generic[T]):
    """What a view returns for a list: it becomes the endpoint's `Listed`."""

    data: list[T]
    pagination: Pagination


def paged(page: Page[R], represent: Callable[[R], T]) -> Paged[T]:
    """A page of rows, each as it goes out."""
    return Paged(
        [represent(row) for row in page.items],
        Pagination(
            page=page.page,
            limit=page.limit,
            total=page.total,
            total_pages=page.total_pages,
            has_next=page.has_next,
            has_prev=page.has_prev,
        ),
    )


def amount(minor: int, currency: str) -> float:
    """Money as clients read it; exact, since no amount of ours comes near what a double cannot hold."""
    return float(Money(minor, currency).amount)


def minor_units(given: float, currency: str) -> int:
    """Money as we keep it; raises ValueError for anything finer than the currency's smallest unit."""
    return parse_amount(f"{Decimal(repr(given)):f}", currency).minor


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default")


KEPT: Any = Field("", json_schema_extra=_without_default)
"""The default of a text that stays as it is unless given, and that cannot be empty when it is."""


def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


Upper = BeforeValidator(_upper)
"""Accepts a word in any case."""


def _unique(values: list[Any]) -> list[Any]:
    return list(dict.fromkeys(values))


Unique = AfterValidator(_unique)
"""A list in which nothing occurs twice."""
