"""Settings of the database: only PostgreSQL has a URL, and what is wrong with one is said without repeating it."""

import pytest
from pydantic import ValidationError

from pierone_http.settings import Settings

SECRET = "a-secret-word"


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://pier:{SECRET}@db.example/registry",
        f"postgres://pier:{SECRET}@db.example:5433/registry?sslmode=verify-full",
        "postgresql:///registry?host=/run/postgresql",
        "postgresql://db.example/registry",
        f"postgresql://pier:%40%2F{SECRET}@db1,db2:5433/registry?target_session_attrs=read-write",
        f"postgresql://pier:{SECRET}@[::1]/registry",
    ],
)
def test_a_url_of_postgresql_is_taken_as_it_is_and_not_shown(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("PIERONE_DATABASE_URL", url)
    settings = Settings()
    assert settings.database_url
    assert settings.database_url.get_secret_value() == url
    assert SECRET not in repr(settings)


@pytest.mark.parametrize("scheme", ["mysql", "sqlite", "postgresql+psycopg", "postgresql+asyncpg", "", "http"])
def test_another_kind_of_database_is_refused(scheme: str) -> None:
    with pytest.raises(ValidationError, match="must begin with postgresql://") as refusal:
        Settings(database_url=f"{scheme}://pier:{SECRET}@db.example/registry")  # type: ignore[arg-type] # as text
    assert SECRET not in str(refusal.value)


@pytest.mark.parametrize("password", [f"@{SECRET}", f"/{SECRET}", f"?{SECRET}", f"#{SECRET}", f"12/{SECRET}"])
def test_a_password_that_would_be_read_as_part_of_the_host_is_refused(password: str) -> None:
    with pytest.raises(ValidationError, match="%40") as refusal:
        Settings(database_url=f"postgresql://pier:{password}@db.example/registry")  # type: ignore[arg-type] # as text
    assert SECRET not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("database_pool_size", "0"),
        ("database_pool_size", "1001"),
        ("database_connect_timeout", "1"),
        ("database_statement_timeout", "0"),
        ("database_statement_timeout", "inf"),
    ],
)
def test_a_value_that_cannot_work_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    monkeypatch.setenv(f"PIERONE_{name.upper()}", text)
    with pytest.raises(ValidationError, match=name):
        Settings()


@pytest.mark.parametrize("variable", ["PIERONE_S3_BUCKET=registry", "PIERONE_DATABASE_URL=postgresql://db/registry"])
def test_memory_beside_a_place_that_keeps_is_refused(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(*variable.split("=", 1))
    with pytest.raises(ValidationError, match="storage=memory keeps nothing"):
        Settings(storage="memory")
