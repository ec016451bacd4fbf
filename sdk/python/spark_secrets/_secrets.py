# SPDX-License-Identifier: Apache-2.0
import os
import weakref
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Tuple, TypeVar, Union, overload

from ._advice import NOTHING_GIVEN, no_binding
from ._api import Api
from ._cache import Cache
from ._keys import check_key, is_dynamic
from ._places import ENV, FILE, Found, Places
from ._watch import Look, Watch
from .errors import BadConfiguration, Conflict, NoBinding, NotText, SecretNotFound

T = TypeVar("T")
_RAISE: Any = object()


class Value(NamedTuple):
    """A value, and where it is from: "file PATH", "env NAME" or "the API"."""

    value: bytes
    where: str

    def __repr__(self) -> str:
        return "Value([redacted], %s)" % self.where


class Secrets:
    """The secrets of this pod. `spark_secrets.secrets` is one, ready to use; another is for tests and special settings.

    environ: instead of the environment of the process.
    timeout: seconds that a value of the API is tried for, at most.
    cache_seconds: how old a value of the API may be that is returned without asking.

    Safe for threads, and after a fork. The ready one may be used in UDFs: it is pickled by name, never with a value.
    """

    def __init__(
        self, environ: Optional[Mapping[str, str]] = None, *, timeout: float = 30.0, cache_seconds: float = 30.0
    ) -> None:
        environ = os.environ if environ is None else environ
        self._places = Places(environ)
        self._api = Api(environ)
        self._cache = Cache(self._api.read, cache_seconds, timeout)
        # What a watch saw of keys that this process has as variables: those are as old as the process.
        self._newer: Dict[Tuple[str, Optional[str]], bytes] = {}
        self._watches: "weakref.WeakSet[Watch]" = weakref.WeakSet()
        # The latest of each key and binding.
        self._watched: "weakref.WeakValueDictionary[Tuple[str, Optional[str]], Watch]" = weakref.WeakValueDictionary()
        _all.add(self)

    @overload
    def get(self, key: str, *, binding: Optional[str] = None) -> str: ...

    @overload
    def get(self, key: str, *, default: T, binding: Optional[str] = None) -> Union[str, T]: ...

    def get(self, key: str, *, default: Any = _RAISE, binding: Optional[str] = None) -> Any:
        """The value of a key, as text.

        default: returned where this pod has no such secret; not when it can't be had just now.
        binding: of this binding, where several give the key from different stores.

        Raises NoBinding, SecretNotFound, KeyNotGranted, Conflict, Unavailable, BadConfiguration, InvalidKey, NotText.
        """
        try:
            found = self._find(key, binding)
        except SecretNotFound:
            if default is _RAISE:
                raise
            return default
        return _text(key, found)

    def get_bytes(self, key: str, *, binding: Optional[str] = None) -> bytes:
        """The same for values that are no text, such as a keystore."""
        return self._find(key, binding).value

    def keys(self) -> List[str]:
        """The keys that this container has as files or variables. The API may give it more."""
        return list(self._places.keys())

    def on_change(
        self,
        key: str,
        callback: Callable[[str], object],
        *,
        interval: Optional[float] = None,
        binding: Optional[str] = None,
    ) -> Watch:
        """Calls `callback` with each new value, in a thread of its own, until the watch is stopped.

        New is what differs from the value at this call: watch first, then get, so that no change is missed between.

        interval: seconds between two looks; left out: 5 where the value is in a file, 60 where the API has to be asked.

        A change of a file is seen after the kubelet renewed it. For a key that is only a variable the API is asked, and get
        returns the newer value from then on; once the watch is stopped, get asks the API. Raises as get does, when there is no value to begin with. A callback that fails
        is logged, and called again with the next value. A value that can't be had stays as it was.
        """

        def deliver(value: bytes) -> None:
            callback(_text(key, Value(value, "")))

        return self._watch(key, deliver, interval, binding)

    def on_change_bytes(
        self,
        key: str,
        callback: Callable[[bytes], object],
        *,
        interval: Optional[float] = None,
        binding: Optional[str] = None,
    ) -> Watch:
        """The same for values that are no text."""
        return self._watch(key, callback, interval, binding)

    def where(self, key: str, *, binding: Optional[str] = None) -> str:
        """Where get takes the value from: "file PATH", "env NAME" or "the API". Raises as get does."""
        return self._find(key, binding).where

    def __repr__(self) -> str:
        return "<Secrets of this pod>"

    def __reduce__(self) -> Tuple[Callable[[], "Secrets"], Tuple[()]]:
        if self is secrets:
            return (_the_ready_one, ())
        raise TypeError("only spark_secrets.secrets can be sent to executors: make others where they are used.")

    def _find(self, key: str, binding: Optional[str]) -> Value:
        check_key(key)
        here = [self._as_new_as_known(key, binding, each) for each in self._places.find(key, binding)]
        if here and all(each.value == here[0].value for each in here):
            return here[0]
        if here and not self._can_ask(key):
            places = " and ".join(each.where for each in here)
            raise Conflict("%s gives different values as %s: say which with binding=NAME." % (key, places), key=key)
        # Bindings of one store differ while a change is under way: the API says what holds, or that the stores differ.
        return Value(self._asked(key, binding, self._cache.get), "the API")

    def _as_new_as_known(self, key: str, binding: Optional[str], found: Found) -> Value:
        newer = self._newer.get((key, binding)) if found.place.kind == ENV else None
        if newer is None:
            return Value(found.value, str(found.place))
        watch = self._watched.get((key, binding))
        if watch is None or watch.is_stopped:
            newer = self._newer[key, binding] = self._asked(key, binding, self._cache.get)
        return Value(newer, "the API")

    def _can_ask(self, key: str) -> bool:
        return self._api.is_configured and not is_dynamic(key)

    def _asked(self, key: str, binding: Optional[str], ask: Callable[[str, Optional[str]], bytes]) -> bytes:
        if not self._can_ask(key):
            reason = "credentials of a run are given as files or variables" if is_dynamic(key) else NOTHING_GIVEN
            raise no_binding(key, reason, self.keys())
        try:
            return ask(key, binding)
        except NoBinding as error:
            reason = str(error)
        raise no_binding(key, reason, self.keys())

    def _watch(
        self, key: str, deliver: Callable[[bytes], object], interval: Optional[float], binding: Optional[str]
    ) -> Watch:
        if interval is not None and not interval > 0:
            raise ValueError("interval is in seconds, and more than 0.")
        now = self._find(key, binding)
        here = self._places.find(key, binding)
        in_file = _are_files(here)
        if not in_file and not self._can_ask(key):
            raise BadConfiguration(
                "whether %s changes can not be seen: this process has it as %s, which stays as it is." % (key, now.where),
                key=key,
            )
        first = Look(now.value, in_file)
        # A variable may be old already.
        watch = Watch(key, first, lambda: self._look(key, binding), deliver, interval, at_once=bool(here) and not in_file)
        self._watches.add(watch)
        self._watched[key, binding] = watch
        return watch

    def _look(self, key: str, binding: Optional[str]) -> Look:
        here = self._places.find(key, binding)
        if _are_files(here) and all(each.value == here[0].value for each in here):
            return Look(here[0].value, in_file=True)
        value = self._asked(key, binding, self._cache.fresh)
        if here:
            self._newer[key, binding] = value
        return Look(value, in_file=False)

    def _after_fork(self) -> None:
        self._api.after_fork()
        self._cache.after_fork()
        for watch in list(self._watches):
            watch.after_fork()


def _are_files(here: List[Found]) -> bool:
    return bool(here) and all(each.place.kind == FILE for each in here)


def _text(key: str, found: Value) -> str:
    # An error of Python's decoder would hold the value.
    try:
        return found.value.decode("utf-8")
    except UnicodeDecodeError:
        pass
    raise NotText("the value of %s is no text (UTF-8): read it with get_bytes." % key, key=key)


def _the_ready_one() -> Secrets:
    return secrets


def _after_fork() -> None:
    for each in list(_all):
        each._after_fork()


_all: "weakref.WeakSet[Secrets]" = weakref.WeakSet()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

secrets = Secrets()
