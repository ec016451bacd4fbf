# SPDX-License-Identifier: Apache-2.0
import re

from .errors import InvalidKey

_LONGEST = 512
_SEGMENT = re.compile(r"[A-Za-z0-9._-]+")


def check_key(key: str) -> None:
    """Raises InvalidKey unless `key` is one, or credentials of a run: PATH#FIELD."""
    path, mark, field = key.partition("#")
    segments = path.split("/") + ([field] if mark else [])
    if len(key) <= _LONGEST and all(_SEGMENT.fullmatch(each) and each not in (".", "..") for each in segments):
        return
    # Not echoed: somebody may have passed a value.
    raise InvalidKey(
        "this is no key: a key is segments of letters, digits, '.', '-' and '_', joined by '/',"
        " such as orders/DB_PASSWORD, %d characters at most." % _LONGEST
    )


def is_dynamic(key: str) -> bool:
    """Whether these are credentials that were made for this run: the pod has them, the API does not."""
    return "#" in key
