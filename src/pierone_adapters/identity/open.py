"""Open mode: for one's own machine only; the server refuses to serve it to others."""

import logging

from pierone_core.caller import Caller, Credentials

_LOG = logging.getLogger(__name__)


class OpenIdentity:
    """`Identity` that takes everybody for the same caller, who may do everything."""

    nobody = Caller("anonymous", unrestricted=True)

    def __init__(self) -> None:
        """Say so once: nobody should learn from a stranger's push that the registry is open."""
        _LOG.warning("everybody may push: there is no source of identity, so this is for your own machine only")

    def authenticate(self, credentials: Credentials) -> Caller:  # noqa: ARG002 - whoever it is
        """See `Identity`."""
        return self.nobody
