"""What shows a registry who is asking."""

import base64
from dataclasses import dataclass, field

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
        """The header of a request."""
        scheme = f"Bearer {self.secret}" if self.user == TOKEN_USER else f"Basic {self.basic}"
        return {"Authorization": scheme}
