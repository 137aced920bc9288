"""An authorization server that answers as a test says."""

from urllib.parse import parse_qs

from tests.integration.cli.conftest import Stand
from tests.integration.identity.stand_in import Asked, Reply, StandIn

STARTED = {
    "device_code": "d3vice",
    "user_code": "ABCD",
    "verification_uri": "https://login.example.org/device",
    "expires_in": 600,
}
TOKENS = {"access_token": "t0ken", "expires_in": 300, "refresh_token": "r3fresh", "token_type": "Bearer"}


class Issuer:
    """Answers the token endpoint with `replies`, one after the other."""

    def __init__(self, stand: Stand) -> None:
        self.replies: list[Reply] = []
        self.started: dict[str, object] = dict(STARTED)
        self.running: StandIn = stand(self._answer)

    def form(self, number: int) -> dict[str, str]:
        """What was asked at the token endpoint."""
        asked = [asked for asked in self.running.asked if asked.path == "/token"][number]
        return {name: value for name, [value] in parse_qs(asked.body.decode()).items()}

    def _answer(self, asked: Asked) -> Reply:
        url = self.running.url
        match asked.path:
            case "/.well-known/openid-configuration":
                return Reply(404)
            case "/.well-known/oauth-authorization-server":
                endpoints = {"token": "token", "authorization": "authorize", "device_authorization": "device"}
                named = {f"{name}_endpoint": f"{url}/{path}" for name, path in endpoints.items()}
                return Reply(body={"issuer": url} | named)
            case "/device":
                return Reply(body=self.started)
        return self.replies.pop(0)
