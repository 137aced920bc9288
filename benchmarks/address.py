"""Where a server answers, and what it wants to be shown."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Address:
    """A host, a port, and the value of the Authorization header; empty where the server asks for none."""

    host: str
    port: int
    authorization: str = ""

    @property
    def url(self) -> str:
        """Where it answers, without a slash at the end."""
        return f"http://{self.host}:{self.port}"

    @property
    def headers(self) -> Mapping[str, str]:
        """What every request to it has to carry."""
        return {"Authorization": self.authorization} if self.authorization else {}
