# SPDX-License-Identifier: Apache-2.0
"""A thread that looks whether a value changed."""

import logging
import random
import threading
import traceback
from types import TracebackType
from typing import Callable, NamedTuple, NoReturn, Optional, Type

from .errors import SecretsError

_log = logging.getLogger("spark_secrets")

# The kubelet renews files once a minute or so; to look is to read a small file in memory.
_FILE_SECONDS = 5.0
# Each look at the API is a request, which the operator answers after three of its own.
_API_SECONDS = 60.0


class Look(NamedTuple):
    """What there was to see."""

    value: bytes
    in_file: bool

    def __repr__(self) -> str:
        return "Look([redacted])"


class Watch:
    """What on_change returns: looks for changes until stop(), the end of a `with` block, or the end of the process.

    It belongs to the process that made it: a forked child, as PySpark's workers are, has no watch.
    """

    def __init__(
        self,
        key: str,
        first: Look,
        look: Callable[[], Look],
        deliver: Callable[[bytes], object],
        interval: Optional[float],
        *,
        at_once: bool,
    ) -> None:
        self._key = key
        self._known = first
        self._look = look
        self._deliver = deliver
        self._interval = interval
        self._trouble: Optional[str] = None
        self._reset()
        self._first_wait = 0.0 if at_once else self._pause()
        threading.Thread(target=self._run, name="spark-secrets %s" % key, daemon=True).start()

    def stop(self) -> None:
        """No callback starts after this. One that runs is not waited for."""
        with self._lock:
            self._is_stopped = True
        self._wake.set()

    @property
    def is_stopped(self) -> bool:
        """Whether it looks no more."""
        return self._is_stopped

    def __enter__(self) -> "Watch":
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return "<Watch of %s>" % self._key

    def __reduce__(self) -> NoReturn:
        raise TypeError("a watch can not be sent to executors: make one where it is used.")

    def after_fork(self) -> None:
        """The thread is not in the child; its locks may have been held."""
        self._reset()
        self._is_stopped = True

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._is_stopped = False

    def _run(self) -> None:
        wait = self._first_wait
        while not self._wake.wait(wait):
            self._step()
            wait = self._pause()

    def _pause(self) -> float:
        seconds = self._interval or (_FILE_SECONDS if self._known.in_file else _API_SECONDS)
        # The pods of an application start together, and must not ask together.
        return seconds if self._known.in_file else seconds * random.uniform(0.75, 1.25)

    def _step(self) -> None:
        try:
            seen = self._look()
        except SecretsError as error:
            self._note(error)
            return
        self._trouble = None
        changed = seen.value != self._known.value
        self._known = seen
        if changed:
            self._call()

    def _note(self, error: SecretsError) -> None:
        """Once for each kind of trouble, not at each look."""
        kind = type(error).__name__
        if kind != self._trouble:
            reason, *_ = str(error).split("\n")
            _log.warning("whether %s changed can not be seen; it stays as it was: %s", self._key, reason)
        self._trouble = kind

    def _call(self) -> None:
        with self._lock:
            if self._is_stopped:
                return
        try:
            self._deliver(self._known.value)
        except Exception as error:
            # Not its message: it may quote the value.
            where = "".join(traceback.format_list(traceback.extract_tb(error.__traceback__)))
            _log.error("the callback for %s failed with %s:\n%s", self._key, type(error).__name__, where)
