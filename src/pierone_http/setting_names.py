"""What is wrong with a setting is said in one line, by the name under which operators know it."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from typing import get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

CONFIG_FILE_VARIABLE = "PIERONE_CONFIG_FILE"
_PREFIX = "PIERONE_"
# What the command line of the same package reads; a shell may have both.
_OF_THE_CLIENT = ("url", "oauth2_issuer", "oauth2_client_id", "oauth2_scope", "oauth2_resource")
Fields = Mapping[str, FieldInfo]


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return _PREFIX + name.upper()


def check_environment(environment: Mapping[str, str], fields: Fields) -> None:
    """Raise `ValueError` for a variable that looks like a setting and is none, or should be a JSON list and is not."""
    known = {variable(name): field for name, field in fields.items()}
    ours = {name.upper(): value for name, value in environment.items() if name.upper().startswith(_PREFIX)}
    for name in sorted(ours.keys() - {CONFIG_FILE_VARIABLE, *map(variable, _OF_THE_CLIENT)}):
        if name not in known:
            raise ValueError(_unknown(name, fields, variable))
        if get_origin(known[name].annotation) is list:
            read_list(name, ours[name])


def read_list(name: str, text: str) -> object:
    """What `text` is in JSON, the form of settings that are lists; raises `ValueError` with `name`."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise ValueError(f'{name} must be a JSON list, such as ["a", "b"]: {error}') from error


def sentence(error: ValidationError, fields: Fields) -> str:
    """All that is wrong, each with the variable that sets it (the same name in lower case in a file)."""
    return "; ".join(
        _unknown(str(fault["loc"][0]), fields, str)
        if fault["type"] == "extra_forbidden"
        else ": ".join([*map(variable, map(str, fault["loc"][:1])), fault["msg"].removeprefix("Value error, ")])
        for fault in error.errors()
    )


@contextmanager
def blamed(name: str, advice: str) -> Iterator[None]:
    """Say of what is raised within which setting led there, and what to do."""
    try:
        yield
    except OSError as error:
        raise ValueError(f"{variable(name)}: {error.filename}: {error.strerror}; {advice}") from error
    except ValueError as error:
        raise ValueError(f"{variable(name)}: {error}; {advice}") from error


def _unknown(name: str, fields: Fields, written: Callable[[str], str]) -> str:
    """`written`: how a setting is called where `name` was found."""
    nearest = get_close_matches(name.lower().removeprefix(_PREFIX.lower()), fields, 1)
    advice = f"did you mean {written(nearest[0])}?" if nearest else "`pierone-server serve --help` tells all of them"
    return f"{name} is no setting; {advice}"
