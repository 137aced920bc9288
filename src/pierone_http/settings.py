"""Every setting: environment variables `PIERONE_*`, or the same names in lower case in a TOML file."""

import ipaddress
import os
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import Literal, Self

from pydantic import Field, IPvAnyNetwork, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from pierone_core.tag_policy import MutableTags
from pierone_http.database_settings import DatabaseSettings
from pierone_http.identity_settings import ACCESS_RULES, IdentitySettings
from pierone_http.log_settings import LogSettings
from pierone_http.s3_settings import S3Settings
from pierone_http.setting_names import CONFIG_FILE_VARIABLE, check_environment

_LONGEST_SECONDS = 10.0**9


class Settings(IdentitySettings, S3Settings, DatabaseSettings, LogSettings, BaseSettings):
    """The server's settings; an option given on the command line wins over the environment, that over the file."""

    # What was given is not repeated in errors: it may be a secret.
    model_config = SettingsConfigDict(env_prefix="PIERONE_", extra="forbid", hide_input_in_errors=True)

    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(default=8080, ge=0, le=65535, description="TCP port to listen on; 0 takes a free one")
    workers: int = Field(
        default=1,
        ge=1,
        le=256,
        description="processes that serve the port, each with caches and connections of its own",
    )
    storage: Literal["filesystem", "memory"] = Field(
        default="filesystem",
        description="where content lies: filesystem (blobs and SQLite below data_dir) or memory (lost at exit)",
    )
    data_dir: Path = Field(default=Path("data"), description="directory of blobs and metadata")
    mutable_tags: list[str] = Field(
        default=[], description='JSON list of "repository-glob:tag-glob"; tags first bound under a pattern may move'
    )
    users_file: Path | None = Field(
        default=None,
        description="JSON file of users, bcrypt hashes and teams; without it and without any source of tokens the "
        "server is open and loopback only",
    )
    challenge: Literal["bearer", "basic"] = Field(
        default="bearer", description="how clients are asked to log in: bearer (the Docker token flow) or basic"
    )
    public_read: bool = Field(default=False, description="whether anybody may pull without logging in")
    token_key_files: list[Path] = Field(
        default=[],
        description="JSON list of PEM files with P-256 keys: the first signs tokens, all are accepted; "
        "without it a key is made and kept below data_dir, or in PostgreSQL where there is one",
    )
    trusted_proxies: list[IPvAnyNetwork] = Field(
        default=[], description="JSON list of networks whose X-Forwarded-Proto and X-Forwarded-Host are believed"
    )
    upload_max_age: float = Field(
        default=86400, gt=0, le=_LONGEST_SECONDS, description="seconds after which an idle unfinished upload is removed"
    )
    sweep_interval: float = Field(
        default=3600, gt=0, le=_LONGEST_SECONDS, description="seconds between two searches for idle uploads"
    )
    body_timeout: float = Field(
        default=60,
        gt=0,
        le=_LONGEST_SECONDS,
        description="seconds without a byte after which a request or an answer is given up",
    )
    shutdown_delay: float = Field(
        default=0,
        ge=0,
        le=_LONGEST_SECONDS,
        description="seconds after SIGTERM during which everything is still served, but readiness is denied",
    )
    shutdown_seconds: float = Field(
        default=30,
        ge=0,
        le=_LONGEST_SECONDS,
        description="seconds that requests under way have to finish when the server ends; then they are cut",
    )
    cache_bytes: int = Field(
        default=64 << 20, ge=0, description="memory for what cannot change (manifests, tags, small blobs), in bytes"
    )
    manifest_max_bytes: int = Field(default=8 << 20, ge=4 << 20, description="largest manifest taken, in bytes")

    @field_validator("data_dir", mode="before")
    @classmethod
    def _check_named(cls, data_dir: object) -> object:
        if data_dir == "":  # as a path that is the directory where the server happens to be started
            raise ValueError("it is empty: name a directory, or leave it out for ./data")
        return data_dir

    @field_validator("mutable_tags")
    @classmethod
    def _check_patterns(cls, patterns: list[str]) -> list[str]:
        MutableTags.parse(patterns)
        return patterns

    @model_validator(mode="after")
    def _check_memory(self) -> Self:
        if self.storage == "memory" and (self.s3_bucket or self.database_url):
            raise ValueError(
                "storage=memory keeps nothing: leave out PIERONE_S3_BUCKET and PIERONE_DATABASE_URL, or PIERONE_STORAGE"
            )
        if self.workers > 1 and self.storage == "memory":
            raise ValueError(
                "with storage=memory each worker would be a registry of its own: leave PIERONE_WORKERS at 1"
            )
        return self

    @model_validator(mode="after")
    def _check_access(self) -> Self:
        """Rules about callers, and nobody who knows one, are a registry that is open against its operator's will."""
        fields = type(self).model_fields
        rules = [] if self.knows_callers else [n for n in ACCESS_RULES if getattr(self, n) != fields[n].default]
        if rules:
            raise ValueError(
                f"{', '.join(f'PIERONE_{name.upper()}' for name in rules)}: there is no source of identity, so "
                "everybody may do everything; set PIERONE_USERS_FILE, PIERONE_TOKENINFO_URL, "
                "PIERONE_INTROSPECTION_URL or PIERONE_JWT_ISSUER, too"
            )
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - no .env files: one way to do it
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Command line, environment, then the TOML file that `PIERONE_CONFIG_FILE` names."""
        check_environment(os.environ, settings_cls.model_fields)
        path = os.environ.get(CONFIG_FILE_VARIABLE)
        if path and not Path(path).is_file():
            raise ValueError(f"{CONFIG_FILE_VARIABLE} names {path}, which is not a file")
        try:
            return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, path)
        except TOMLDecodeError as error:
            raise ValueError(f"{path} is not TOML: {error}") from error

    @property
    def knows_callers(self) -> bool:
        """Whether there is any source of identity."""
        return self.users_file is not None or self.takes_tokens or bool(self.aws_accounts)

    @property
    def is_open_to_others(self) -> bool:
        """Whether the server would take requests from other machines without knowing who calls."""
        return not self.knows_callers and not _is_loopback(self.host)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
