"""Settings of what the server writes about its work."""

from typing import Literal

from pydantic import BaseModel, Field


class LogSettings(BaseModel):
    """What is logged, and how; always to standard error."""

    log_format: Literal["console", "json"] = Field(
        default="console", description="how a log line is written: console (for people) or json (one object a line)"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="the least that is logged: debug, info, warning or error"
    )
    access_log: bool = Field(default=False, description="whether every request is logged when it is answered")
