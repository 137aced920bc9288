"""Who calls the registry of the identity tests, what is known of them, and how they and it speak."""

import base64
from collections.abc import Sequence

import httpx2
from tests.integration.identity.signing import AUDIENCE, ISSUER, rsa_key
from tests.integration.identity.stups import token_facts
from tests.unit.ec2_documents import genuine

WRITE, WRITE_ALL = "application.write", "application.write_all"
TOKENS = {
    "t0ken-of-alice": token_facts("alice", "/employees"),
    "t0ken-of-anna": token_facts("anna", "employees"),
    "t0ken-of-bob": token_facts("bob", "/employees"),
    "t0ken-of-bob-with-scope": token_facts("bob", "/employees", [WRITE_ALL]),
    "t0ken-that-ended": token_facts("alice", "/employees", expires_in=0),
    "t0ken-of-kio": token_facts("stups_kio", "/services", [WRITE]),
    "t0ken-of-kio-reader": token_facts("stups_kio", "/services"),
    "t0ken-of-else": token_facts("stups_else", "/services", [WRITE]),
    "t0ken-of-old": token_facts("stups_old", "/services", [WRITE]),
    "t0ken-of-unknown": token_facts("stups_unknown", "/services", [WRITE]),
    "t0ken-of-no-prefix": token_facts("kio", "/services", [WRITE]),
    "t0ken-of-ci": token_facts("stups_ci", "services", [WRITE_ALL]),
    "t0ken-of-alice-the-service": token_facts("alice", "/services"),
    "t0ken-of-customer": token_facts("eve", "/customers", [WRITE, WRITE_ALL]),
    "t0ken-of-no-realm": token_facts("alice2", "", [WRITE, WRITE_ALL]),
}
TEAMS = {"myteam": ["alice", "anna", "eve", "alice2"], "other": ["bob"]}
APPLICATIONS: dict[str, dict[str, object]] = {
    "kio": {"team_id": "myteam", "active": True},
    "else": {"team_id": "other", "active": True},
    "old": {"team_id": "myteam", "active": False},
}
KEY, FOREIGN_KEY = rsa_key("the issuer's"), rsa_key("the issuer's")
JWT_SETTINGS = {
    "PIERONE_JWT_ISSUER": ISSUER,
    "PIERONE_JWT_AUDIENCE": AUDIENCE,
    "PIERONE_TEAMS_CLAIM": "groups",
    "PIERONE_TEAMS_CLAIM_PREFIX": "/",
}


def bearer(token: str) -> str:
    """As most clients show a token."""
    return f"Bearer {token}"


def basic(user: str, password: str) -> str:
    """As `docker login` shows a token, and everybody a password."""
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


ALICE, ANNA, BOB = bearer("t0ken-of-alice"), bearer("t0ken-of-anna"), bearer("t0ken-of-bob")
INSTANCE_DOCUMENT = base64.b64encode(genuine()).decode()


def challenge_of(response: httpx2.Response) -> dict[str, str]:
    """The parameters of a Bearer challenge."""
    scheme, _, rest = response.headers["WWW-Authenticate"].partition(" ")
    assert scheme == "Bearer"
    names: Sequence[str] = rest.split('"')[::2]
    return dict(zip((name.strip(",=") for name in names), rest.split('"')[1::2], strict=False))


def reason_of(response: httpx2.Response) -> tuple[int, str, str]:
    """Status, code and message of a refusal."""
    error = response.json()["errors"][0]
    return response.status_code, error["code"], error["message"]
