"""What shows a registry who is asking."""

import base64
import re
from dataclasses import dataclass, field

from pierone_cli.errors import Refused

# RFC 6749 appendix A.12, without the space: it goes into a header.
_TOKEN = re.compile(r"[\x21-\x7e]+")
# With this user name the password is an OAuth token: what container clients send, and how the registry reads it.
TOKEN_USER = "oauth2"  # noqa: S105 - a user name


@dataclass(frozen=True, slots=True)
class Credential:
    """A user name and its secret; `source` says to people where it came from."""

    user: str
    secret: str = field(repr=False)
    source: str = ""

    @property
    def basic(self) -> str:
        """Both in base64, as Basic authentication and the files of container clients have them."""
        return base64.b64encode(f"{self.user}:{self.secret}".encode()).decode()

    @property
    def headers(self) -> dict[str, str]:
        """The header of a request; raises `Refused` for a token that would not stay within it."""
        if self.user == TOKEN_USER and not _TOKEN.fullmatch(self.secret):
            raise Refused(f"the token of {self.source} has spaces or characters that no token has; check it")
        scheme = f"Bearer {self.secret}" if self.user == TOKEN_USER else f"Basic {self.basic}"
        return {"Authorization": scheme}
