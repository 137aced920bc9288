"""The composition root: the only place that knows adapters. One setting, or one override, swaps an adapter.

container = Container(settings=Settings())
container.blob_store.override(providers.Object(my_blob_store))
"""

import time
from collections.abc import Sequence

from dependency_injector import containers, providers

from pierone_adapters.identity import OpenIdentity, hash_password
from pierone_adapters.jwt import JwtIssuer, SigningKey, kept_key, new_key, new_pem, parse_key, read_key
from pierone_adapters.unpack import unpack
from pierone_core.access_policy import AccessPolicy
from pierone_core.catalogue import Catalogue
from pierone_core.image_reader import ImageReader
from pierone_core.ports import BlobStore, Identity, Metadata, TokenIssuer
from pierone_core.registry import Registry, utc_now
from pierone_core.scm_claim import ScmClaims
from pierone_core.scm_search import ScmSearch
from pierone_core.tag_policy import MutableTags
from pierone_http import first_start, identity_wiring, shared_keys, storage_wiring
from pierone_http.api.app import ApiParts
from pierone_http.app import App, Parts, create_app
from pierone_http.settings import Settings

__all__ = ["Container", "hash_password"]


def _identity(settings: Settings) -> Identity:
    return identity_wiring.identity(settings) if settings.knows_callers else OpenIdentity()


def _mutable_tags(settings: Settings) -> MutableTags:
    return MutableTags.parse(settings.mutable_tags)


def _keys(settings: Settings, metadata: Metadata) -> Sequence[SigningKey]:
    keys = _own_keys(settings, metadata)
    if settings.database_url:
        shared_keys.warn_unless_fitting(metadata.share, [key.kid for key in keys])
    return keys


def _own_keys(settings: Settings, metadata: Metadata) -> Sequence[SigningKey]:
    if settings.token_key_files:
        return [read_key(path) for path in settings.token_key_files]
    if settings.storage == "memory":
        return [new_key()]
    if settings.database_url:
        pem = metadata.share(shared_keys.KEY, new_pem().decode())
        return [parse_key(pem.encode(), "the database")]
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    return [kept_key(settings.data_dir / "token-key.pem")]


def _access(settings: Settings) -> AccessPolicy:
    return AccessPolicy(identity_wiring.teams(settings), identity_wiring.applications(settings), settings.public_read)


def _pass_keys(keys: Sequence[SigningKey]) -> Sequence[bytes]:
    return [key.secret for key in keys]


def _api(metadata: Metadata, store: BlobStore) -> ApiParts:
    images = ImageReader(metadata.manifests, metadata.blobs, store)
    catalogue = Catalogue(metadata.catalogue, metadata.listing, images)
    return ApiParts(catalogue, ScmSearch(metadata.catalogue.scm_sources, images, unpack, time.monotonic))


def _claims(metadata: Metadata, access: AccessPolicy) -> ScmClaims:
    return ScmClaims(metadata.catalogue.scm_sources, metadata.manifests, access, utc_now)


def _app(parts: Parts, settings: Settings) -> App:
    if settings.storage != "memory":  # which is empty at every start
        first_start.refuse_forgotten(parts.metadata, parts.registry.push_blobs.store)
    return create_app(parts, settings)


class Container(containers.DeclarativeContainer):
    """How the server is put together."""

    settings = providers.Dependency(instance_of=Settings)
    metadata: providers.Provider[Metadata] = providers.Singleton(storage_wiring.metadata, settings)
    blob_store: providers.Provider[BlobStore] = providers.Singleton(storage_wiring.blob_store, settings)
    identity: providers.Provider[Identity] = providers.Singleton(_identity, settings)
    access: providers.Provider[AccessPolicy] = providers.Singleton(_access, settings)
    registry: providers.Provider[Registry] = providers.Singleton(
        Registry.over, metadata, blob_store, providers.Callable(_mutable_tags, settings), access
    )
    keys: providers.Provider[Sequence[SigningKey]] = providers.Singleton(_keys, settings, metadata)
    issuer: providers.Provider[TokenIssuer] = providers.Singleton(JwtIssuer, keys)
    api: providers.Provider[ApiParts] = providers.Singleton(_api, metadata, blob_store)
    claims: providers.Provider[ScmClaims] = providers.Singleton(_claims, metadata, access)
    parts: providers.Provider[Parts] = providers.Factory(
        Parts, registry, metadata, identity, issuer, providers.Callable(_pass_keys, keys), api, claims
    )
    app: providers.Provider[App] = providers.Singleton(_app, parts, settings)
