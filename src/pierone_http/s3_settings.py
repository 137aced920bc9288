"""Settings of blobs in S3."""

from pydantic import BaseModel, Field


class S3Settings(BaseModel):
    """Where blobs lie, if not below the data directory."""

    s3_bucket: str | None = Field(default=None, description="bucket for blobs; without it they lie below data_dir")
