# SPDX-License-Identifier: Apache-2.0
"""Values that the API gave, for a while: ten thousand tasks of a process must not ask ten thousand times."""

import logging
import threading
import time
from concurrent.futures import Future
from typing import Callable, Dict, NamedTuple, Optional, Tuple

from .errors import BadConfiguration, Conflict, KeyNotGranted, SecretNotFound, SecretsError, Unavailable

_log = logging.getLogger("spark_secrets")

# A process that has a value does not wait long for a newer one.
_RENEWAL_SECONDS = 5.0

_Id = Tuple[str, Optional[str]]


class _Entry(NamedTuple):
    value: bytes
    until: float

    def __repr__(self) -> str:
        return "[redacted]"


class Cache:
    """Key and binding → value. `read(key, binding, timeout)` gets one that is not there or too old.

    Threads that want the same value wait for one request. While nobody answers, a value that was had before stays good; an
    answer that the pod may not have it any more does away with it.
    """

    def __init__(
        self,
        read: Callable[[str, Optional[str], float], bytes],
        seconds: float,
        timeout: float,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._seconds = seconds
        self._timeout = timeout
        self._now = now
        self._entries: Dict[_Id, _Entry] = {}
        self.after_fork()

    def after_fork(self) -> None:
        """In the child, nobody is under way who would finish, and a lock may be held for ever."""
        self._lock = threading.Lock()
        self._under_way: Dict[_Id, "Future[bytes]"] = {}

    def get(self, key: str, binding: Optional[str]) -> bytes:
        """The value, at most `seconds` old while the operator answers."""
        wanted = (key, binding)
        with self._lock:
            entry = self._entries.get(wanted)
            if entry is not None and self._now() < entry.until:
                return entry.value
            future = self._under_way.get(wanted)
            mine = future is None
            if future is None:
                future = self._under_way[wanted] = Future()
        if mine:
            self._renew(wanted, entry, future)
        return future.result()

    def fresh(self, key: str, binding: Optional[str]) -> bytes:
        """The value as it is now. Raises Unavailable also when there was one before."""
        return self._ask((key, binding), self._timeout)

    def _renew(self, wanted: _Id, entry: Optional[_Entry], future: "Future[bytes]") -> None:
        try:
            future.set_result(self._renewed(wanted, entry))
        except SecretsError as error:
            future.set_exception(error)
        except BaseException:
            # Ctrl-C is for this thread, not for those who wait.
            future.set_exception(Unavailable("asking for %s was interrupted." % wanted[0], key=wanted[0]))
            raise
        finally:
            with self._lock:
                self._under_way.pop(wanted, None)

    def _renewed(self, wanted: _Id, entry: Optional[_Entry]) -> bytes:
        if entry is None:
            return self._ask(wanted, self._timeout)
        try:
            return self._ask(wanted, min(self._timeout, _RENEWAL_SECONDS))
        except (BadConfiguration, Unavailable) as error:
            _log.warning("%s stays as it was: %s", wanted[0], error)
            return self._keep(wanted, entry.value)

    def _ask(self, wanted: _Id, timeout: float) -> bytes:
        try:
            return self._keep(wanted, self._read(*wanted, timeout))
        except (Conflict, KeyNotGranted, SecretNotFound):
            with self._lock:
                self._entries.pop(wanted, None)
            raise

    def _keep(self, wanted: _Id, value: bytes) -> bytes:
        with self._lock:
            self._entries[wanted] = _Entry(value, self._now() + self._seconds)
        return value
