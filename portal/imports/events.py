"""What happened to files."""

from dataclasses import dataclass
from datetime import datetime

from portal.core.permissions import Actor


@dataclass(frozen=True)
class FileBroughtIn:
    """All lines of a file that were new are written."""

    import_run_id: int
    kind: str
    new_count: int
    by: Actor
    at: datetime
