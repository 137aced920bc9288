"""Teams, their artifacts, and statistics."""

from dataclasses import dataclass
from functools import partial

from fastapi import APIRouter, Request, Response

from pierone_core.catalogue import Catalogue
from pierone_core.discovery import Page
from pierone_core.ports import TeamFigures
from pierone_http.api import models, views
from pierone_http.api.paging import After, Limit, answer
from pierone_http.work import Work


@dataclass(frozen=True)
class TeamRoutes:
    """Handlers that translate requests into calls of `pierone_core.catalogue`."""

    catalogue: Catalogue
    work: Work

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter()
        router.add_api_route("/teams", self.teams, response_model=list[models.TeamName])
        router.add_api_route("/teams/{team}/artifacts", self.artifacts, response_model=list[models.ArtifactName])
        router.add_api_route("/stats", self.stats)
        router.add_api_route("/stats/teams", self.stats_of_teams, response_model=list[models.TeamStatsItem])
        router.add_api_route("/stats/teams/{team}", self.stats_of_team)
        return router

    async def teams(self, request: Request, limit: Limit = None, after: After = "") -> Response:
        """Teams to which something was pushed, in byte order."""
        return await answer(request, limit, after, self._teams, lambda item: item.team)

    async def artifacts(self, request: Request, team: str, limit: Limit = None, after: After = "") -> Response:
        """Artifacts of a team, in byte order; none if nothing was ever pushed to it."""
        return await answer(request, limit, after, partial(self._artifacts, team), str)

    async def stats(self) -> models.RegistryStats:
        """Figures of the whole registry."""
        totals = await self.work.read(self.catalogue.totals)
        return models.RegistryStats(teams=totals.teams, storage=totals.storage)

    async def stats_of_teams(self, request: Request, limit: Limit = None, after: After = "") -> Response:
        """Figures of all teams, in byte order."""
        return await answer(request, limit, after, self._teams, views.figures)

    async def stats_of_team(self, team: str) -> models.TeamStats:
        """Figures of one team: zeros if nothing was ever pushed to it."""
        figures = await self.work.read(self.catalogue.team, team)
        return models.TeamStats(artifacts=figures.artifacts, tags=figures.tags)

    async def _teams(self, limit: int, after: str) -> Page[TeamFigures]:
        return await self.work.read(self.catalogue.teams, limit, after)

    async def _artifacts(self, team: str, limit: int, after: str) -> Page[str]:
        return await self.work.read(self.catalogue.artifacts, team, limit, after)
