"""Typed errors as answers: a JSON report under a fitting HTTP status."""

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from archive.catalog.errors import AmbiguousId
from archive.errors import ArchiveBusy, DiskFull, NoSuchRecording, PolicyError, StoreUnavailable
from drivers.errors import NotARecorder, RecorderError
from evidence_daemon.error_report import report_of
from evidence_daemon.errors import AccessError, InternalError, ServiceError, UsageError
from hashing.errors import EvidenceError

_STATUSES: tuple[tuple[type[EvidenceError], HTTPStatus], ...] = (
    (UsageError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (AccessError, HTTPStatus.FORBIDDEN),
    (NoSuchRecording, HTTPStatus.NOT_FOUND),
    (AmbiguousId, HTTPStatus.CONFLICT),
    (PolicyError, HTTPStatus.CONFLICT),
    (NotARecorder, HTTPStatus.UNPROCESSABLE_ENTITY),
    (RecorderError, HTTPStatus.BAD_GATEWAY),
    (ArchiveBusy, HTTPStatus.SERVICE_UNAVAILABLE),
    (StoreUnavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (DiskFull, HTTPStatus.INSUFFICIENT_STORAGE),
    (ServiceError, HTTPStatus.SERVICE_UNAVAILABLE),
)


def status_of(error: EvidenceError) -> HTTPStatus:
    """The HTTP status under which an error is answered."""
    matches = (status for kind, status in _STATUSES if isinstance(error, kind))
    return next(matches, HTTPStatus.INTERNAL_SERVER_ERROR)


def error_response(error: EvidenceError) -> JSONResponse:
    """The answer that tells an error."""
    return JSONResponse(report_of(error).as_json(), status_code=status_of(error))


def add_error_handlers(app: FastAPI) -> None:
    """Let every error leave the application as a report."""
    app.add_exception_handler(EvidenceError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _defect)


async def _ours(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, EvidenceError)
    return error_response(error)


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return error_response(UsageError(f"{place}: {first['msg']}"))


async def _http(_: Request, error: Exception) -> JSONResponse:
    """No such route, or no such method of it."""
    assert isinstance(error, HTTPException)
    report = report_of(UsageError(error.detail))
    return JSONResponse(report.as_json(), status_code=error.status_code, headers=error.headers)


async def _defect(_: Request, error: Exception) -> JSONResponse:
    """A defect; starlette raises it again afterwards, for whoever runs the application."""
    return error_response(InternalError(f"{type(error).__name__} while answering"))
