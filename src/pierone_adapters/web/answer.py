"""What a source answered."""

import json
from dataclasses import dataclass
from typing import NoReturn

from pierone_core.errors import Unavailable


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
