"""Bodies and answers that are no JSON: files, described in the document as such."""

from dataclasses import dataclass
from typing import Any

from flask import Response, request
from spectree import Response as Responses

FILE_BODIES = {"imports_create": "text/csv"}
"""The operations whose body is a file, and of what kind."""


def content_sent() -> bytes:
    """The body of the request as it came; of a form, the file in its field `file`."""
    upload = request.files.get("file")
    if upload is None:
        return request.get_data()
    content: bytes = upload.read()
    upload.seek(0)
    return content


@dataclass(frozen=True)
class File:
    """What an endpoint answers when its view returns the content of a file (bytes) and not a value for the envelope."""

    media_type: str
    name: str

    def response(self, content: bytes) -> Response:
        """The content as an answer that programs may also save under its name."""
        response = Response(content, mimetype=self.media_type)
        response.headers["Content-Disposition"] = f'attachment; filename="{self.name}"'
        return response


class FileResponses(Responses):
    """spectree describes every answer as JSON; here the 200 is a file."""

    def __init__(self, file: File, **refusals: Any) -> None:
        super().__init__("HTTP_200", **refusals)
        self._media_type = file.media_type

    def generate_spec(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The description of all answers."""
        made = super().generate_spec(*args, **kwargs)
        made["200"]["content"] = {self._media_type: {"schema": {"type": "string"}}}
        return made
