"""The application: routes over a service, behind the gate that asks who is there."""

from fastapi import APIRouter, FastAPI

from evidence_daemon import __version__
from evidence_daemon.api.errors import add_error_handlers
from evidence_daemon.api.peer import PeerGate
from evidence_daemon.api.routes import dockings, health, intake, log, packages, recordings
from evidence_daemon.api.service import Service

ROUTERS: tuple[APIRouter, ...] = (
    dockings.router,
    health.router,
    intake.router,
    log.router,
    packages.router,
    recordings.router,
)


def create_app(service: Service) -> FastAPI:
    """Make the application.

    Args:
        service: What the routes serve; the caller opens and closes it.
    """
    app = FastAPI(title="evidence-daemon", version=__version__, docs_url=None, redoc_url=None)
    app.state.service = service
    app.add_middleware(PeerGate)
    add_error_handlers(app)
    for router in ROUTERS:
        app.include_router(router, prefix="/v1")
    return app
