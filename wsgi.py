"""What a WSGI server imports: gunicorn wsgi:app."""

from portal.app import create_app
from portal.delivery.hub import end_streams_at_shutdown

app = create_app()
end_streams_at_shutdown()
