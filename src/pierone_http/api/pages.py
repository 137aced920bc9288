"""Where people and programs find the description of the API."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse

from pierone_http.api import models

DESCRIPTION = "/openapi.json"
SWAGGER = "/swagger.json"


def page_routes() -> APIRouter:
    """The routes, which anybody may see."""
    router = APIRouter()
    router.add_api_route("/", to_schema, response_class=RedirectResponse, status_code=302, include_in_schema=False)
    router.add_api_route("/ui/", to_schema, response_class=RedirectResponse, status_code=302, include_in_schema=False)
    router.add_api_route(SWAGGER, swagger, response_class=JSONResponse, include_in_schema=False)
    router.add_api_route("/.well-known/schema-discovery", discovery)
    return router


async def to_schema() -> str:
    """Send people to the description of the API."""
    return DESCRIPTION


async def swagger(request: Request) -> JSONResponse:
    """Describe the API where clients of the old server look for it: OpenAPI 3.1 now."""
    return JSONResponse(request.app.openapi())


async def discovery() -> models.Discovery:
    """Where the description of the API is."""
    return models.Discovery(schema_url=SWAGGER, schema_type="openapi-3.1", ui_url=DESCRIPTION)
