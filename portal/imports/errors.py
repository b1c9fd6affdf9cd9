"""Why a file is not brought in."""

from portal.core.errors import PortalError, _


class ImportHasProblems(PortalError):
    code = "IMPORT_HAS_PROBLEMS"
    message = _("The file has problems. Mend them, and choose the file again.")


class ImportChanged(PortalError):
    code = "IMPORT_CHANGED"
    message = _(
        "Something has changed since the file was checked. Nothing was imported; look at it once more."
    )


class ImportEmptied(PortalError):
    code = "IMPORT_EMPTIED"
    message = _("What stood in this file is deleted by now. Please choose the file again.")
