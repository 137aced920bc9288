"""What a source answered."""

import json
from dataclasses import dataclass
from typing import NoReturn, Self

from pierone_core.caller import Caller
from pierone_core.errors import Denied, Unavailable

_REFUSED = (401, 403)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP status below 500 and the whole body; `source` is the name that people know."""

    source: str
    status: int
    body: bytes

    def json(self) -> object:
        """The body as JSON; raises `Unavailable` if it is not."""
        try:
            return parse_json(self.body)
        except ValueError as error:
            raise Unavailable(f"{self.source} answered something that is not JSON; try again later") from error

    def json_object(self) -> dict[str, object]:
        """The body as a JSON object; raises `Unavailable` if it is not."""
        value = self.json()
        if isinstance(value, dict):
            return value
        raise self.not_understood()

    def unless_refused(self, caller: Caller) -> Self:
        """This answer to a question in the caller's own name; raises `Denied` if such questions are not allowed."""
        if self.status in _REFUSED:
            raise Denied(
                f"{caller.name} may not push: {self.source} refuses the token that {caller.name} logged in with "
                f"(status {self.status}); get a new one and log in again: docker login <registry>"
            )
        return self

    def not_understood(self) -> Unavailable:
        """The error for an answer of another form than expected."""
        return Unavailable(f"{self.source} answered something unexpected (status {self.status}); try again later")


def parse_json(data: bytes) -> object:
    """JSON without NaN and Infinity; raises `ValueError` for anything else, however deep."""
    try:
        return json.loads(data, parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("too deeply nested") from error


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
