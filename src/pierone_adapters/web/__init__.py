"""HTTP to the sources of identity: bounded in time and size, careful with secrets, and off for a while when in vain."""

from pierone_adapters.web.answer import Answer, parse_json
from pierone_adapters.web.circuit import Circuit
from pierone_adapters.web.source import CONNECT_TIMEOUT, READ_TIMEOUT, WebSource, check_token

__all__ = ["CONNECT_TIMEOUT", "READ_TIMEOUT", "Answer", "Circuit", "WebSource", "check_token", "parse_json"]
