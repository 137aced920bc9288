"""Tokeninfo, the team service and Kio as far as a registry asks them, written from what is known of them."""

from collections.abc import Mapping, Sequence

from tests.integration.identity.stand_in import Answering, Asked, Reply

UNAUTHORIZED = Reply(401, {"error": "invalid_token", "error_description": "Access Token not valid"})
Facts = Mapping[str, object]


def tokeninfo(tokens: Mapping[str, Facts]) -> Answering:
    """The facts of each token; every scope is an attribute as well."""

    def answer(asked: Asked) -> Reply:
        if not asked.token:
            return Reply(400, {"error": "invalid_request", "error_description": "Access Token not valid"})
        facts = tokens.get(asked.token)
        return Reply(body={"access_token": asked.token} | dict(facts)) if facts else UNAUTHORIZED

    return answer


def token_facts(uid: str, realm: str, scopes: Sequence[str] = (), expires_in: int = 3600) -> dict[str, object]:
    """What tokeninfo says of a token."""
    scope = ["uid", *scopes]
    return {
        **dict.fromkeys(scope, True),  # first: a scope called uid does not hide who it is
        "uid": uid,
        "realm": realm,
        "scope": scope,
        "grant_type": "password",
        "token_type": "Bearer",
        "expires_in": expires_in,
    }


def team_service(teams: Mapping[str, Sequence[str]], aliases: Mapping[str, Sequence[str]] | None = None) -> Answering:
    """All generations of it at once, for members by team; any token will do."""
    known = aliases or {}

    def of(member: str) -> list[str]:
        return [team for team, members in teams.items() if member in members]

    def answer(asked: Asked) -> Reply:
        if not asked.token:
            return UNAUTHORIZED
        match asked.path.split("/")[1:]:
            case ["teams"]:
                return Reply(body=[{"id": team, "name": team, "mail": []} for team in of(asked.query["member"])])
            case ["api", "accounts", "aws"]:
                accounts = [{"id": f"12{n}", "name": team} for n, team in enumerate(of(asked.query["member"]))]
                return Reply(body=accounts)
            case ["user", user]:
                return Reply(body=[{"id": team, "id_name": team.upper(), "name": team} for team in of(user)])
            case ["teams", name]:
                team = next((team for team in teams if name in (team, *known.get(team, ()))), None)
                return Reply(404) if team is None else Reply(body=_team(team, teams[team], known.get(team, ())))
        return Reply(404)

    return answer


def _team(team: str, members: Sequence[str], aliases: Sequence[str]) -> Facts:
    return {"id": team, "name": team, "member": list(members), "alias": list(aliases), "type": "official"}


def kio(applications: Mapping[str, Facts]) -> Answering:
    """`GET /apps/{id}`; any token will do."""

    def answer(asked: Asked) -> Reply:
        if not asked.token:
            return UNAUTHORIZED
        application = asked.path.removeprefix("/apps/")
        facts = applications.get(application)
        return Reply(404, {}) if facts is None else Reply(body={"id": application, "name": application} | dict(facts))

    return answer
