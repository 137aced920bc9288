"""Errors of the API: problem JSON (RFC 9457), with the two fields that clients of the old server read."""

import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from pierone_core.errors import EndpointUnknown, NameInvalid, QueryInvalid, RegistryError, Unauthorized
from pierone_core.values import Repository
from pierone_http.api.models import Problem
from pierone_http.challenge import Challenges
from pierone_http.errors import error_response

PROBLEM = "application/problem+json"


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """How routes document their errors: some by their status, and the rest."""
    shape: dict[str, Any] = {"model": Problem, "content": {PROBLEM: {}}}
    named: dict[int | str, str] = {status: HTTPStatus(status).phrase for status in statuses}
    return {status: shape | {"description": text} for status, text in (named | {"default": "Another error"}).items()}


def install(api: FastAPI, challenges: Challenges) -> None:
    """Make `api` answer errors in one form."""

    async def refuse(request: Request, error: Exception) -> Response:
        response = problem(request, error)
        if isinstance(error, Unauthorized):
            response.headers["WWW-Authenticate"] = challenges.header(request, _scope(request), error)
        return response

    handlers: dict[type[Exception], Callable[[Request, Any], Awaitable[Response]]] = {
        RegistryError: refuse,
        RequestValidationError: _refuse_parameters,
        HTTPException: _refuse_path,
        Exception: refuse,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)


def problem(request: Request, error: Exception) -> Response:
    """The answer to `error`; anything unforeseen is a 500."""
    plain = error_response(error, request.scope["path"])
    headers = {name: value for name, value in plain.headers.items() if not name.startswith("content-")}
    facts = json.loads(bytes(plain.body))["errors"][0]
    return _answer(plain.status_code, facts["code"], facts["message"], facts["detail"], headers)


async def _refuse_parameters(request: Request, error: RequestValidationError) -> Response:
    first = error.errors()[0]
    return problem(request, QueryInvalid(f"{first['loc'][-1]}: {first['msg']}"))


async def _refuse_path(request: Request, error: HTTPException) -> Response:
    path = request.scope["path"][:300]
    if error.status_code == HTTPStatus.NOT_FOUND:
        return problem(request, EndpointUnknown(f"{request.method[:20]} {path} not found; see /openapi.json"))
    message = f"{request.method[:20]} is not supported at {path}"
    return _answer(error.status_code, EndpointUnknown.code, message, {}, dict(error.headers or {}))


def _answer(status: int, code: str, message: str, detail: dict[str, object], headers: dict[str, str]) -> Response:
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": message,
        "code": code,
        "message": message,
        "details": detail or None,
    }
    return Response(json.dumps(body), status, headers, media_type=PROBLEM)


def _scope(request: Request) -> str:
    """The scope of a token that would do."""
    try:
        return f"repository:{Repository.parse('{team}/{artifact}'.format(**request.path_params))}:pull"
    except (KeyError, NameInvalid):  # it goes into a header
        return ""
