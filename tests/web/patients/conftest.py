"""The same people as at the desk."""

from tests.web.desk.conftest import browser_of, cora, fay, riverside

__all__ = ["browser_of", "cora", "fay", "riverside"]
