# SPDX-License-Identifier: Apache-2.0
"""The operator's API, GET /api/v1/self/keys/{key}: what bindings that match this pod cover."""

import base64
import json
import random
import re
import time
from typing import Any, Dict, Mapping, NoReturn, Optional, Tuple
from urllib.parse import quote

from ._https import Answer, HttpsServer, NoAnswer, Token
from .errors import BadConfiguration, Conflict, KeyNotGranted, NoBinding, SecretNotFound, Unavailable

_URL = "SPARK_SECRETS_API_URL"
_CA = "SPARK_SECRETS_API_CA"
_TOKEN_FILE = "SPARK_SECRETS_API_TOKEN_FILE"
_MOUNTED_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token"
_TOKEN = re.compile(r"[\x21-\x7e]+")
_PATH = "/api/v1/self/keys/"

_AGAIN = (429, 500, 503, 504)
_FIRST_WAIT = 0.25
_LONGEST_WAIT = 5.0
_LONGEST_TRY = 10.0
_LONGEST_DETAIL = 2000


class Api:
    """Asks for single keys, again and again within a time limit where that may help."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._server: Tuple[str, str, Optional[HttpsServer]] = ("", "", None)

    @property
    def is_configured(self) -> bool:
        """Whether this pod was told where the API is."""
        return bool(self._environ.get(_URL))

    def after_fork(self) -> None:
        server = self._server[2]
        if server is not None:
            server.after_fork()

    def read(self, key: str, binding: Optional[str], timeout: float) -> bytes:
        """The value. Raises what errors.py has, save InvalidKey and NotText; Unavailable after `timeout` seconds."""
        until = time.monotonic() + timeout
        tries = 0
        while True:
            try:
                return self._once(key, binding, min(_LONGEST_TRY, max(0.1, until - time.monotonic())))
            except _TryAgain as error:
                failure = error.failure
            wait = _wait(tries, failure.retry_after)
            if time.monotonic() + wait >= until:
                raise failure
            time.sleep(wait)
            tries += 1

    def _once(self, key: str, binding: Optional[str], timeout: float) -> bytes:
        server = self._connected()
        query = "" if binding is None else "?binding=" + quote(binding, safe="")
        reason = ""
        try:
            answer = server.get(_PATH + key + query, self._token(), timeout)
        except NoAnswer as error:
            reason = str(error)
        if reason:
            raise _TryAgain(Unavailable("the value of %s can not be had now: %s." % (key, reason), key=key))
        if answer.status != 200:
            _refuse(key, answer)
        value = _value(_parsed(answer.body))
        if value is None:
            raise Unavailable("what %s answers is not what the operator would." % server.url, key=key)
        return value

    def _connected(self) -> HttpsServer:
        url, ca = self._environ.get(_URL, ""), self._environ.get(_CA, "")
        known_url, known_ca, server = self._server
        if server is not None and (known_url, known_ca) == (url, ca):
            return server
        server = HttpsServer(url, ca)
        self._server = (url, ca, server)
        return server

    def _token(self) -> Token:
        """Read each time: the kubelet renews it."""
        path = self._environ.get(_TOKEN_FILE) or _MOUNTED_TOKEN
        reason = "what it holds is no token"
        try:
            with open(path, encoding="latin-1") as file:
                text = file.read().strip()
            # Checked here, because http.client would have it in its error.
            if _TOKEN.fullmatch(text):
                return Token(text)
        except OSError as error:
            reason = error.strerror or type(error).__name__
        raise BadConfiguration(
            "the token of this pod's ServiceAccount can not be read at %s (%s). If the pod or its ServiceAccount says"
            " automountServiceAccountToken: false, mount a token and name its file in %s." % (path, reason, _TOKEN_FILE)
        )


class _TryAgain(Exception):
    """Asking again may help; if it does not, `failure` is what to raise."""

    def __init__(self, failure: Unavailable) -> None:
        super().__init__()
        self.failure = failure


def _wait(tries: int, asked: Optional[float]) -> float:
    """Seconds. Never less than the server asked for, and not the same for all who were sent away together."""
    if asked is not None:
        return asked * random.uniform(1.0, 1.5)
    return min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** min(tries, 10)) * random.uniform(0.5, 1.0)


def _refuse(key: str, answer: Answer) -> NoReturn:
    """Raises what a problem (RFC 9457) stands for."""
    problem = _parsed(answer.body)
    code = problem.get("code") if isinstance(problem.get("code"), str) else None
    detail = str(problem.get("detail") or "the answer has status %d." % answer.status)[:_LONGEST_DETAIL]
    status = answer.status
    if status == 403 and code in ("NoBinding", "KeyNotGranted"):
        kind = NoBinding if code == "NoBinding" else KeyNotGranted
        raise kind(detail, key=key, code=code)
    if status == 404 and code in ("KeyNotFound", "StoreNotFound"):
        raise SecretNotFound("%s: %s" % (key, detail), key=key, code=code)
    if status == 409:
        raise Conflict("%s: %s" % (key, detail), key=key, code=code)
    if status < 500 and status != 429:
        raise BadConfiguration("the operator does not give %s to this pod: %s" % (key, detail), key=key, code=code)
    failure = Unavailable(
        "the value of %s can not be had now: %s" % (key, detail), key=key, code=code, retry_after=answer.retry_after
    )
    # The operator's own 502 has a code, and is for somebody to repair; one without is of whoever stands before it.
    raise _TryAgain(failure) if status in _AGAIN or (status == 502 and code is None) else failure


def _parsed(body: bytes) -> Dict[str, Any]:
    """The JSON object; an empty one for anything else. A parser's error would hold the text, and so a value."""
    try:
        found = json.loads(body.decode("utf-8"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _value(found: Mapping[str, Any]) -> Optional[bytes]:
    text, encoded = found.get("value"), found.get("valueBase64")
    try:
        if isinstance(text, str):
            return text.encode("utf-8")
        if isinstance(encoded, str):
            return base64.b64decode(encoded, validate=True)
    except ValueError:
        return None
    return None
