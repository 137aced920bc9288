"""Settings of blobs in S3."""

from typing import Literal, Self

from pydantic import BaseModel, Field, model_validator

_SMALLEST_PART = 5 << 20  # S3's own limits
_LARGEST_PART = 5 << 30
_LONGEST_URL = 7 * 24 * 3600


class S3Settings(BaseModel):
    """Where blobs lie, if not below the data directory. Credentials come from where AWS tools look for them."""

    s3_bucket: str | None = Field(default=None, description="bucket for blobs; without it they lie below data_dir")
    s3_endpoint_url: str | None = Field(default=None, description="URL of a store other than AWS that speaks S3")
    s3_region: str | None = Field(default=None, description="region of the bucket; else as AWS tools are configured")
    s3_redirect: bool = Field(
        default=False, description="whether clients read blobs from S3 by themselves, by presigned URLs"
    )
    s3_redirect_seconds: int = Field(
        default=600, ge=1, le=_LONGEST_URL, description="seconds for which such a URL is good"
    )
    s3_redirect_endpoint_url: str | None = Field(
        default=None, description="URL of the store as clients reach it, if it is another than s3_endpoint_url"
    )
    s3_prefix: str = Field(default="", description="what the keys of all objects begin with, such as registry/")
    s3_path_style: bool = Field(
        default=False, description="whether the bucket stands in the path of URLs instead of in the host's name"
    )
    s3_encryption: Literal["AES256", "aws:kms"] | None = Field(
        default=None, description="server-side encryption that is asked for: AES256 or aws:kms"
    )
    s3_kms_key: str | None = Field(default=None, description="id of the KMS key; without it the account's own for S3")
    s3_storage_class: str | None = Field(default=None, description="storage class of blobs, such as STANDARD_IA")
    s3_part_bytes: int = Field(
        default=16 << 20,
        ge=_SMALLEST_PART,
        le=_LARGEST_PART,
        description="size of the parts of large blobs, in bytes; a blob has at most 10,000 of them",
    )
    s3_connect_timeout: float = Field(default=2, gt=0, le=60, description="seconds to wait for a connection to S3")
    s3_read_timeout: float = Field(default=10, gt=0, le=300, description="seconds to wait for S3 to go on answering")
    s3_retries: int = Field(
        default=2, ge=0, le=10, description="how often a call of S3 is tried again after a failure that may pass"
    )
    s3_lock_mode: Literal["governance", "compliance"] | None = Field(
        default=None, description="Object Lock of every blob: governance or compliance; needs s3_lock_days"
    )
    s3_lock_days: int | None = Field(
        default=None, ge=1, le=36500, description="days for which nobody can remove a blob; needs s3_lock_mode"
    )

    @model_validator(mode="after")
    def _check_s3(self) -> Self:
        if (self.s3_lock_mode is None) != (self.s3_lock_days is None):
            raise ValueError("s3_lock_mode and s3_lock_days need each other")
        if self.s3_kms_key and self.s3_encryption != "aws:kms":
            raise ValueError("s3_kms_key needs s3_encryption = aws:kms")
        return self
