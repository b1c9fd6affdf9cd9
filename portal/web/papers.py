"""Documents as pages and as files."""

from flask import Response

from portal.payments.documents import MIME_TYPE, Paper, pdf_of


def pdf_file(paper: Paper) -> Response:
    """The file. A browser shows it, and saves it under the document's number."""
    response = Response(pdf_of(paper), mimetype=MIME_TYPE)
    response.headers["Content-Disposition"] = f'inline; filename="{paper.file_name}"'
    return response
