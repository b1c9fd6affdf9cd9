"""Calendar files as answers."""

from flask import Response, request

from portal.calendars.invitation import FILE_NAME, MIME_TYPE


def calendar_file(content: bytes, *, name: str = FILE_NAME) -> Response:
    """The file; 304 to whoever has the same already."""
    response = Response(content, mimetype=MIME_TYPE)
    # Not as an attachment: a phone then opens it in its calendar and does not file it away among downloads.
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    response.headers["Cache-Control"] = "private, no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response
