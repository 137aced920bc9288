"""The rights of docs/operators/s3.md, on a server that enforces them: enough for everything, and none too many.

Each user has the policy of the page, or that without one of its rights, on a bucket that is theirs alone.
"""

import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from botocore.exceptions import ClientError
from tests.contracts.content import publish, read_all
from tests.integration.s3.content import BYTES, PART, pointer
from tests.integration.s3.everything import SMALL, Replica, everything
from tests.s3 import BUCKET, ENVIRONMENT, REGION, S3Server, client_of, started

from pierone_adapters.s3 import ObjectLock, S3BlobStore, S3Options, client
from pierone_core.errors import Unavailable

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

PAGE = (Path(__file__).parents[3] / "docs/operators/s3.md").read_text()
Right = tuple[str, str]


def blocks(heading: str) -> list[Any]:
    """The JSON of a chapter of the page."""
    [chapter] = re.findall(f"^## {heading}$(.*?)^## ", PAGE, re.MULTILINE | re.DOTALL)
    return [json.loads(block) for block in re.findall(r"(?:^    .*\n)+", chapter, re.MULTILINE)]


def rights(statements: Sequence[Mapping[str, Any]]) -> list[Right]:
    """Each action with each resource."""
    assert {statement["Effect"] for statement in statements} == {"Allow"}
    listed = [[each if isinstance(each, list) else [each] for each in (s["Action"], s["Resource"])] for s in statements]
    return [(action, resource) for actions, resources in listed for action in actions for resource in resources]


POLICY, LOCK_STATEMENTS = blocks("Rights")
[LIFECYCLE] = blocks("A lifecycle rule as a second net")
PLAIN = rights(POLICY["Statement"])
OF_LOCK = rights(LOCK_STATEMENTS)
# Users, who have buckets of the same names: those with all rights of the page, and those who lack one of them.
ALL, ALL_WITH_LOCK = "all", "all-with-lock"
LACKING = {f"lacks-{number}": right for number, right in enumerate(PLAIN)} | {
    f"lacks-lock-{number}": right for number, right in enumerate(OF_LOCK)
}
USERS = [ALL, ALL_WITH_LOCK, *LACKING]


def policy(user: str) -> object:
    """What `user` may do, in a bucket of that name."""
    lacking = LACKING.get(user)
    allowed = [right for right in PLAIN + (OF_LOCK if "lock" in user else []) if right != lacking]
    statements = [{"Effect": "Allow", "Action": action, "Resource": where} for action, where in allowed]
    if lacking:  # here, who may put an object may abort one as well, unless it is denied
        statements.append({"Effect": "Deny", "Action": lacking[0], "Resource": lacking[1]})
    return json.loads(json.dumps(POLICY | {"Statement": statements}).replace("my-registry", user))


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    """Run a server that knows all users, each with a bucket."""
    running = started({user: policy(user) for user in USERS})
    for user in USERS:
        client_of(running.url).create_bucket(Bucket=user, ObjectLockEnabledForBucket="lock" in user)
    yield running
    running.stop()


@pytest.fixture
def replica_of(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Replica]]:
    """Make stores that have the credentials of a user and nothing in memory."""

    def become(user: str) -> Replica:
        for name, value in {**ENVIRONMENT, "AWS_ACCESS_KEY_ID": user, "AWS_SECRET_ACCESS_KEY": user}.items():
            monkeypatch.setenv(name, value)
        client._session.cache_clear()  # noqa: SLF001 - as a new process would read the environment
        lock = ObjectLock("governance", 1) if "lock" in user else None
        options = S3Options(user, "", server.url, REGION, path_style=True, part_bytes=PART, retries=0, lock=lock)
        return lambda: S3BlobStore(options)

    yield become
    client._session.cache_clear()  # noqa: SLF001 - the credentials of other tests are others


@pytest.mark.parametrize("user", [ALL, ALL_WITH_LOCK])
def test_the_rights_of_the_page_are_enough(replica_of: Callable[[str], Replica], user: str) -> None:
    everything(replica_of(user))


@pytest.mark.parametrize("user", LACKING, ids=lambda user: "-".join((user, *LACKING[user])))
def test_without_any_of_them_something_fails(replica_of: Callable[[str], Replica], user: str) -> None:
    with pytest.raises((Unavailable, ValueError)):
        everything(replica_of(user))


class Limited(NamedTuple):
    """Somebody who has the credentials of the registry."""

    client: "S3Client"
    bucket: str
    blob: str


@pytest.fixture(params=[ALL, ALL_WITH_LOCK])
def limited(request: pytest.FixtureRequest, server: S3Server, replica_of: Callable[[str], Replica]) -> Limited:
    """Publish a blob in the bucket of a user with all rights of the page; what they could do themselves with boto3."""
    digest = publish(replica_of(request.param)(), SMALL, uuid.uuid4().hex)
    return Limited(client_of(server.url, request.param, request.param), request.param, pointer(digest))


def put(limited: Limited, bucket: str, key: str) -> None:
    limited.client.put_object(Bucket=bucket, Key=key, Body=b"")


def remove(limited: Limited) -> None:
    limited.client.delete_object(Bucket=limited.bucket, Key=limited.blob)


def remove_version(limited: Limited) -> None:
    version = limited.client.head_object(Bucket=limited.bucket, Key=limited.blob).get("VersionId", "null")
    limited.client.delete_object(Bucket=limited.bucket, Key=limited.blob, VersionId=version)


def let_expire(limited: Limited) -> None:
    limited.client.put_bucket_lifecycle_configuration(Bucket=limited.bucket, LifecycleConfiguration=LIFECYCLE)


FORBIDDEN: dict[str, Callable[[Limited], object]] = {
    "remove a blob": remove,
    "remove a version": remove_version,
    "write elsewhere": lambda limited: put(limited, limited.bucket, "elsewhere/key"),
    "write to another bucket": lambda limited: put(limited, BUCKET, "blobs/key"),
    "read another bucket": lambda limited: limited.client.list_objects_v2(Bucket=BUCKET),
    "remove the bucket": lambda limited: limited.client.delete_bucket(Bucket=limited.bucket),
    "let blobs expire": let_expire,
}


@pytest.mark.parametrize("forbidden", FORBIDDEN.values(), ids=FORBIDDEN)
def test_they_are_no_right_to(limited: Limited, forbidden: Callable[[Limited], object]) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        forbidden(limited)


def test_they_are_no_right_to_remove_many_blobs_at_once(limited: Limited) -> None:
    asked = limited.client.delete_objects(Bucket=limited.bucket, Delete={"Objects": [{"Key": limited.blob}]})
    assert [error["Code"] for error in asked["Errors"]] == ["AccessDenied"]
    assert limited.client.head_object(Bucket=limited.bucket, Key=limited.blob)["ContentLength"] == len(SMALL)


def test_a_large_blob_that_they_removed_comes_back_in_a_bucket_with_versions(
    server: S3Server, replica_of: Callable[[str], Replica]
) -> None:
    replica, upload_id = replica_of(ALL_WITH_LOCK), uuid.uuid4().hex
    content = BYTES + upload_id.encode()
    digest = publish(replica(), content, upload_id)
    large = client_of(server.url).head_object(Bucket=ALL_WITH_LOCK, Key=pointer(digest))["Metadata"]["location"]
    marker = client_of(server.url, ALL_WITH_LOCK, ALL_WITH_LOCK).delete_object(Bucket=ALL_WITH_LOCK, Key=large)
    with pytest.raises(Unavailable):
        read_all(replica().open_blob(digest, 0, len(content)))
    client_of(server.url).delete_object(Bucket=ALL_WITH_LOCK, Key=large, VersionId=marker["VersionId"])
    assert read_all(replica().open_blob(digest, 0, len(content))) == content


def test_the_lifecycle_rule_of_the_page_is_taken(server: S3Server) -> None:
    owner = client_of(server.url)
    owner.put_bucket_lifecycle_configuration(Bucket=ALL, LifecycleConfiguration=LIFECYCLE)
    rules = {rule["ID"]: rule for rule in owner.get_bucket_lifecycle_configuration(Bucket=ALL)["Rules"]}
    assert rules == {rule["ID"]: rule for rule in LIFECYCLE["Rules"]}
    owner.delete_bucket_lifecycle(Bucket=ALL)
