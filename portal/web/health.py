"""Is the portal alive, is it ready, what are its figures. No page, no session, nothing about anybody."""

import os
import time

from flask import Blueprint, Flask, Response, g, jsonify, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from portal.core.errors import NotFound
from portal.delivery import settings
from portal.delivery.access import public

bp = Blueprint("health", __name__)
STARTED = time.monotonic()

REQUESTS = Counter("portal_requests_total", "Requests answered", ["endpoint", "status"])
SECONDS = Histogram("portal_request_seconds", "Time to answer a request", ["endpoint"])


def init_app(app: Flask) -> None:
    app.before_request(_start_watch)
    app.after_request(_count)


@bp.get("/health")
@public
def alive() -> Response:
    """Liveness: the process answers. The database is not asked, so that its trouble restarts nobody."""
    return jsonify(status="healthy")


@bp.get("/metrics")
@public
def metrics() -> Response:
    """Figures for Prometheus; in production they are not public."""
    if settings().is_production:
        raise NotFound
    return Response(generate_latest(_registry()), content_type=CONTENT_TYPE_LATEST)


def _registry() -> CollectorRegistry:
    """The figures of all web processes together, where several share a directory for them."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


def _start_watch() -> None:
    g.started = time.perf_counter()


def _count(response: Response) -> Response:
    endpoint = request.endpoint or "none"
    REQUESTS.labels(endpoint, str(response.status_code)).inc()
    if "started" in g:
        SECONDS.labels(endpoint).observe(time.perf_counter() - g.started)
    return response
