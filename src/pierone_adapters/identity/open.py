"""Open mode: for one's own machine only; the server refuses to serve it to others."""

from pierone_core.caller import Caller, Credentials


class OpenIdentity:
    """`Identity` that takes everybody for the same caller, who may do everything."""

    nobody = Caller("anonymous", unrestricted=True)

    def authenticate(self, credentials: Credentials) -> Caller:  # noqa: ARG002 - whoever it is
        """See `Identity`."""
        return self.nobody
