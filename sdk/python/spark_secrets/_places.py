# SPDX-License-Identifier: Apache-2.0
"""Where this container has its secrets: what the variables SPARK_SECRETS_KEYS_* say."""

import functools
import hashlib
import logging
import os
from typing import Dict, List, Mapping, NamedTuple, Optional, Sequence

from .errors import BadConfiguration

_log = logging.getLogger("spark_secrets")
_PREFIX = "SPARK_SECRETS_KEYS_"

FILE = "file"
ENV = "env"


class Place(NamedTuple):
    kind: str
    """FILE or ENV; of a newer operator perhaps another, which is skipped."""
    name: str
    """A path, or the name of a variable."""

    def __str__(self) -> str:
        return "%s %s" % self


_Table = Dict[str, List[Place]]


class Found(NamedTuple):
    """What one binding gives this container under a key."""

    place: Place
    value: bytes

    def __repr__(self) -> str:
        return "Found(%s, [redacted])" % (self.place,)


class Places:
    """Reads the environment anew each time: it is cheap, and a test may change it."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def find(self, key: str, binding: Optional[str] = None) -> List[Found]:
        """What each binding gives under `key`, or one of them."""
        return self._found(key, self._tables(binding))

    def keys(self) -> Dict[str, List[Place]]:
        """Every key that this container has, with the place it is read from for each binding."""
        tables = self._tables()
        names = sorted({key for table in tables for key in table})
        found = {key: [each.place for each in self._found(key, tables)] for key in names}
        return {key: places for key, places in found.items() if places}

    def _found(self, key: str, tables: Sequence[_Table]) -> List[Found]:
        found = [self._first(table.get(key, [])) for table in tables]
        return [each for each in found if each is not None]

    def _tables(self, binding: Optional[str] = None) -> List[_Table]:
        variables = sorted(name for name in self._environ if name.startswith(_PREFIX))
        return [_table(name, self._environ[name]) for name in variables if binding is None or name == _variable(binding)]

    def _first(self, places: List[Place]) -> Optional[Found]:
        """Files before variables: the kubelet renews files, a variable is as old as the container."""
        for kind in (FILE, ENV):
            for place in places:
                value = self._read(place) if place.kind == kind else None
                if value is not None:
                    return Found(place, value)
        return None

    def _read(self, place: Place) -> Optional[bytes]:
        if place.kind == FILE:
            return _content(place.name)
        text = self._environ.get(place.name)
        # The bytes as they are in the environment, whatever locale Python decoded them with.
        return None if text is None else os.fsencode(text)


@functools.lru_cache(maxsize=32)
def _table(variable: str, text: str) -> _Table:
    table: _Table = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        key, *place = line.split(" ", 2)
        if len(place) != 2:
            raise BadConfiguration(
                "line %d of the variable %s is not of the form 'KEY env NAME' or 'KEY file PATH'." % (number, variable)
            )
        table.setdefault(key, []).append(Place(*place))
    return table


def _variable(binding: str) -> str:
    return _PREFIX + hashlib.sha256(binding.encode()).hexdigest()[:12]


def _content(path: str) -> Optional[bytes]:
    # Once more: the kubelet may have taken the old folder away after the path led there.
    for _ in range(2):
        try:
            with open(path, "rb") as file:
                return file.read()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            _log.warning("the secret file %s can not be read: %s", path, error.strerror)
            return None
    return None
