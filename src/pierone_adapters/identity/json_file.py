"""Files of names in JSON: what is wrong with one is said in a line that names it."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path


class _RepeatedError(ValueError):
    """A name stands twice in an object, of which JSON readers silently take the last."""


def read_names(path: Path, kind: str) -> dict[str, object]:
    """What stands under each name in the object in `path`; raises `ValueError` saying what is wrong, or `OSError`.

    `kind`: what the names are of, in the plural.
    """
    try:
        names = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_unrepeated)
    except RecursionError as error:
        raise ValueError(f"{path} is not a JSON object of {kind}: it is too deeply nested") from error
    except _RepeatedError as error:
        raise ValueError(f"{path}: {error}") from error
    except ValueError as error:
        raise ValueError(f"{path} is not JSON: {error}") from error
    if isinstance(names, dict):
        return names
    raise ValueError(f"{path} is not a JSON object of {kind}")


def _unrepeated(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    repeated = [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]
    if repeated:
        raise _RepeatedError(f"{repeated[0]!r} stands there twice")
    return dict(pairs)
