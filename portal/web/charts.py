"""Bars of a chart, drawn as SVG without a script or a style; the figures themselves stand in a table beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

SLOT, BAR, HEIGHT = 10, 7, 100


@dataclass(frozen=True)
class Bar:
    """In units of the chart's own square."""

    x: float
    y: float
    height: float
    is_below_zero: bool


@dataclass(frozen=True)
class Chart:
    """`bars` in the order of their values; `baseline` is where zero lies, `highest` the value at the top."""

    bars: Sequence[Bar]
    baseline: float
    highest: int
    bar_width: int = BAR
    height: int = HEIGHT

    @property
    def width(self) -> int:
        return SLOT * len(self.bars)


def chart_of(values: Sequence[int]) -> Chart:
    """The bars of these values, which may be below zero."""
    highest, lowest = max(0, *values), min(0, *values)
    scale = HEIGHT / ((highest - lowest) or 1)
    baseline = highest * scale
    bars = [
        Bar(
            x=number * SLOT + (SLOT - BAR) / 2,
            y=round(baseline - max(0, value) * scale, 2),
            height=round(abs(value) * scale, 2),
            is_below_zero=value < 0,
        )
        for number, value in enumerate(values)
    ]
    return Chart(bars, round(baseline, 2), highest)
