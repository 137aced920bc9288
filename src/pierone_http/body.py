"""Receiving a request body in large batches, bounded in memory and in patience."""

import asyncio

from starlette.requests import Request

from pierone_core.errors import BodyStalled, ContentTooLarge, SizeInvalid

# Hashing and writing let go of the interpreter; a hop to a thread pays from about this size on.
BATCH_BYTES = 1 << 20


class ClientGone(Exception):
    """The client hung up before its body was complete: there is nobody to answer."""


class Body:
    """The body of a request that must have `announced` bytes (None: any number)."""

    def __init__(self, request: Request, announced: int | None, patience: float) -> None:
        """`patience`: seconds to wait for the next byte."""
        self._receive = request.receive
        self._announced, self._patience = announced, patience
        self._received = 0
        self._gone = False
        self.ended = False

    async def batch(self, least: int = BATCH_BYTES) -> bytes:
        """At least `least` bytes more, less only at the end; empty when all was received.

        Raises `ClientGone` and `BodyStalled`, both after handing over what had arrived, and `SizeInvalid`.
        """
        self._check_there()
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._patience) as timeout:
                while size < least and not self._is_over():
                    parts.append(await self._part())
                    size += len(parts[-1])
                    timeout.reschedule(asyncio.get_running_loop().time() + self._patience)
        except TimeoutError as error:
            if not size:
                raise BodyStalled(
                    f"no byte of the body came for {self._patience:g} s; ask for the offset and go on"
                ) from error
        if not size:
            self._check_there()
        self._check_size()
        return b"".join(parts)

    async def whole(self, limit: int) -> bytes:
        """All of it in memory; raises `ContentTooLarge` above `limit` bytes."""
        batches: list[bytes] = []
        while not self.ended:
            self._check_limit(limit)
            batches.append(await self.batch())
        self._check_limit(limit)
        return b"".join(batches)

    def _check_limit(self, limit: int) -> None:
        if max(self._received, self._announced or 0) > limit:
            raise ContentTooLarge(f"the registry takes at most {limit} bytes here", {"limit": limit})

    async def _part(self) -> bytes:
        message = await self._receive()
        self._gone = message["type"] == "http.disconnect"
        self.ended = not self._gone and not message.get("more_body", False)
        part: bytes = message.get("body", b"")
        self._received += len(part)
        return part

    def _check_there(self) -> None:
        if self._gone:
            raise ClientGone

    def _is_over(self) -> bool:
        return self.ended or self._gone

    def _check_size(self) -> None:
        if self._announced is None:
            return
        if self._received > self._announced or (self.ended and self._received < self._announced):
            raise SizeInvalid(f"{self._announced} bytes were announced, {self._received} came")
