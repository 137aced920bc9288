"""Every kind of caller, with what such a caller may do: the expectations of the matrix."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.integration.identity.signing import IssuerKey, rsa_key
from tests.integration.identity_facts import (
    ALICE,
    BOB,
    FOREIGN_KEY,
    INSTANCE_DOCUMENT,
    KEY,
    WRITE,
    WRITE_ALL,
    basic,
    bearer,
)
from tests.integration.identity_world import World
from tests.unit.ec2_documents import genuine

from pierone_adapters.jwt import JwtIssuer, new_key
from pierone_core.caller import Caller, Grants

TEAM_REPOSITORY, SCOPE = "myteam/app", "repository:myteam/app:pull,push"
GOOD = 0


@dataclass(frozen=True)
class Rights:
    """The status that each kind of request gets; `GOOD`: whatever it gets when all is well.

    `late`: a closing PUT of an upload that is not theirs. Who has a token that lets push nowhere is to get another.
    """

    root: int = GOOD
    catalog: int = GOOD
    pull: int = GOOD
    push: int = GOOD
    mount: int = GOOD
    exchange: int = GOOD
    method: int = 405
    upload: int = 404
    late: int = 404


UNKNOWN = Rights(401, 401, 401, 401, 401, 401, 401, 401)
WRITER = Rights()
READER = Rights(push=403)
OWNER = Rights(upload=GOOD)
NOBODY = {False: UNKNOWN, True: Rights(root=401, push=401, method=401, upload=401)}


def issued(*, pull: int = GOOD, push: int = GOOD, upload: int = 404, late: int = 404) -> Rights:
    """Who bears a token of the registry cannot have another for it, nor mount from where it does not reach."""
    return Rights(pull=pull, push=push, mount=202, exchange=401, upload=upload, late=late)


@dataclass(frozen=True)
class Kind:
    """How a kind of caller shows who it is, and what it may do (the same with public read unless said otherwise)."""

    authorization: Callable[[World], str | None]
    rights: Rights
    rights_with_public_read: Rights | None = None

    def may(self, *, public_read: bool) -> Rights:
        """What such a caller may do."""
        return self.rights_with_public_read or self.rights if public_read else self.rights


def shown(authorization: str | None, rights: Rights, with_public_read: Rights | None = None) -> Kind:
    """Who shows the same everywhere."""
    return Kind(lambda _: authorization, rights, with_public_read)


def exchanged(authorization: str, scopes: list[str], rights: Rights) -> Kind:
    """Who has the registry issue a token first."""
    return Kind(lambda world: bearer(world.issue(authorization, *scopes)), rights)


def of_a_stranger(world: World) -> str:
    """A token that looks like one of the registry, signed with the key of another."""
    issuer = JwtIssuer([new_key()])
    token = issuer.issue(Caller("alice"), Grants(frozenset({(TEAM_REPOSITORY, "push")})))
    world.secrets.add(token)
    return bearer(token)


def of_nobody(world: World) -> str | None:
    """What nobody is issued where nobody may read; else nothing."""
    response = world.ask("GET", f"/v2/token?scope={SCOPE}")
    return bearer(response.json()["token"]) if response.status_code == 200 else None


def signed(rights: Rights, key: IssuerKey = KEY, **claims: object) -> Kind:
    """Who has a JWT of the issuer with some claims changed, made when it is shown."""
    return Kind(lambda _: bearer(key.token(claims)), rights)


CLIENT: dict[str, Any] = {"sub": "stups_kio", "client_id": "stups_kio"}
UNKNOWN_CALLERS = {
    "garbage bearer": shown(bearer("garbage"), UNKNOWN),
    "garbage token": shown("Token garbage", UNKNOWN),
    "no token": shown("Bearer", UNKNOWN),
    "garbage basic": shown("Basic !!!!", UNKNOWN),
    "a password": shown(basic("alice", "t0ken-of-alice"), UNKNOWN),
    "a token as the user": shown(basic("t0ken-of-alice", ""), UNKNOWN),
    "another scheme": shown("Digest t0ken-of-alice", UNKNOWN),
    "expired at tokeninfo": shown(bearer("t0ken-that-ended"), UNKNOWN),
    "expired JWT": signed(UNKNOWN, exp=1_700_000_000),
    "endless JWT": signed(UNKNOWN, exp=None),
    "JWT of tomorrow": signed(UNKNOWN, nbf=4_000_000_000, exp=4_000_000_100),
    "wrong audience": signed(UNKNOWN, aud="urn:other"),
    "no audience": signed(UNKNOWN, aud=None),
    "wrong issuer": signed(UNKNOWN, iss="https://elsewhere.example"),
    "foreign key": signed(UNKNOWN, FOREIGN_KEY),
    "key that the issuer does not have": signed(UNKNOWN, rsa_key("another")),
    "instance of another signer": shown(
        basic("instance-identity-document", base64.b64encode(genuine(by="mallory")).decode()), UNKNOWN
    ),
    "issued by another registry": Kind(of_a_stranger, UNKNOWN),
    "issued and expired": Kind(lambda world: bearer(world.old_token("alice", TEAM_REPOSITORY)), UNKNOWN),
}
KNOWN_CALLERS = {
    "member": shown(ALICE, OWNER),
    "another member": shown(bearer("t0ken-of-anna"), WRITER),
    "member by JWT": signed(OWNER),
    "member by claim": signed(WRITER, sub="erin", groups=["/myteam"]),
    "member of a group without the prefix": signed(READER, sub="erin", groups=["myteam"]),
    "employee of another team": shown(BOB, READER),
    "employee with the scope of services": shown(bearer("t0ken-of-bob-with-scope"), READER),
    "service of the team": shown(bearer("t0ken-of-kio"), WRITER),
    "service of the team by JWT": signed(WRITER, **CLIENT, scope=WRITE),
    "service without scope": shown(bearer("t0ken-of-kio-reader"), READER),
    "service without scope by JWT": signed(READER, **CLIENT, scope="uid application.writer"),
    "service of another team": shown(bearer("t0ken-of-else"), READER),
    "service that is not active": shown(bearer("t0ken-of-old"), READER),
    "service that is not registered": shown(bearer("t0ken-of-unknown"), READER),
    "service without the prefix": shown(bearer("t0ken-of-no-prefix"), READER),
    "service that may write everywhere": shown(bearer("t0ken-of-ci"), WRITER),
    "the same by JWT": signed(WRITER, **CLIENT, scope=["uid", WRITE_ALL]),
    "customer": shown(bearer("t0ken-of-customer"), READER),
    "no realm": shown(bearer("t0ken-of-no-realm"), READER),
    "instance": shown(basic("instance-identity-document", INSTANCE_DOCUMENT), READER),
    "issued": exchanged(ALICE, [SCOPE], issued(upload=GOOD)),
    "issued to another team": exchanged(BOB, [SCOPE], issued(push=403)),
    "issued for pull": exchanged(BOB, ["repository:myteam/app:pull"], issued(push=401, late=401)),
    "issued for push": exchanged(bearer("t0ken-of-ci"), ["repository:myteam/app:push"], issued(pull=401)),
    "issued for another repository": exchanged(
        bearer("t0ken-of-ci"), ["repository:myteam/app2:pull,push"], issued(pull=401, push=401)
    ),
    "issued for one above": exchanged(
        bearer("t0ken-of-ci"), ["repository:myteam/app/part:pull,push"], issued(pull=401, push=401)
    ),
    "issued for nothing": exchanged(bearer("t0ken-of-ci"), [], issued(pull=401, push=401, late=401)),
    "issued to an instance": exchanged(
        basic("instance-identity-document", INSTANCE_DOCUMENT), [SCOPE], issued(push=403)
    ),
}
CALLERS = {
    "nobody": shown(None, NOBODY[False], NOBODY[True]),
    "nobody with an empty password": shown(basic("", ""), NOBODY[False], NOBODY[True]),
    "nobody with a token": Kind(of_nobody, UNKNOWN, Rights(root=401, push=401, exchange=401, method=401, upload=401)),
    **UNKNOWN_CALLERS,
    **KNOWN_CALLERS,
}
