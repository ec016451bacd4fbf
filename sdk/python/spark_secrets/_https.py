# SPDX-License-Identifier: Apache-2.0
"""HTTPS to the operator. Proxies of the environment are not used: its Service is inside of the cluster."""

import base64
import binascii
import http.client
import re
import ssl
import threading
import time
from typing import NamedTuple, Optional, Tuple
from urllib.parse import urlsplit

from ._version import VERSION
from .errors import BadConfiguration

# A value of 1 MiB, each character of it escaped.
_LARGEST = 8 << 20
# Node closes a connection that nobody uses after 5 seconds.
_IDLE_SECONDS = 4.0
# Each certificate that the pod was given is trusted by itself, as Java and Go do it. The ssl module names it since 3.10.
_PARTIAL_CHAIN = 0x80000


class Answer(NamedTuple):
    status: int
    retry_after: Optional[float]
    """Seconds."""
    body: bytes

    def __repr__(self) -> str:
        return "Answer(%d, [redacted])" % self.status


class Token:
    """A bearer token that does not show in what prints the variables of a traceback."""

    def __init__(self, text: str) -> None:
        self._text = text

    def header(self) -> str:
        return "Bearer " + self._text

    def __repr__(self) -> str:
        return "Token([redacted])"


class NoAnswer(Exception):
    """The server could not be reached, or said nothing that is HTTP. Says why; holds nothing of what it said."""


class HttpsServer:
    """One server, by its URL and the certificates to trust (base64 of DER each, separated by spaces).

    Raises BadConfiguration for a URL or certificates that are none.
    """

    def __init__(self, url: str, ca: str) -> None:
        self.url = url
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port = None, None
        if host is None or parts.scheme != "https":
            raise BadConfiguration("SPARK_SECRETS_API_URL is no URL of the form https://HOST:PORT.")
        self._host = host
        self._port = port or 443
        self._prefix = parts.path.rstrip("/")
        self._trust = _trust(ca)
        self._lock = threading.Lock()
        self._idle: Optional[Tuple[http.client.HTTPSConnection, float]] = None

    def after_fork(self) -> None:
        """In the child: the connection is its parent's, and a lock may be held for ever."""
        idle, self._idle = self._idle, None
        self._lock = threading.Lock()
        if idle is not None:
            # The child's end alone: closing says nothing to the server.
            idle[0].close()

    def get(self, path: str, token: Token, timeout: float) -> Answer:
        """Raises NoAnswer, and BadConfiguration for a certificate that is not trusted. Follows no redirect."""
        until = time.monotonic() + timeout
        idle = self._take_idle()
        if idle is not None:
            idle.sock.settimeout(timeout)
            # That it fails says nothing: the server may just have closed it.
            answer, _ = self._exchange(idle, path, token)
            if answer is not None:
                return answer
        left = max(0.1, until - time.monotonic())
        fresh = http.client.HTTPSConnection(self._host, self._port, timeout=left, context=self._trust)
        answer, reason = self._exchange(fresh, path, token)
        if answer is not None:
            return answer
        raise NoAnswer("%s does not answer: %s" % (self.url, reason))

    def _exchange(
        self, connection: http.client.HTTPSConnection, path: str, token: Token
    ) -> Tuple[Optional[Answer], str]:
        """The answer, or why there is none."""
        distrust: Optional[str] = None
        try:
            connection.putrequest("GET", self._prefix + path)
            connection.putheader("Accept", "application/json")
            connection.putheader("User-Agent", "spark-secrets-python/" + VERSION)
            connection.putheader("Authorization", token.header())
            connection.endheaders()
            response = connection.getresponse()
            body = response.read(_LARGEST + 1)
            is_cut = response.length not in (None, 0) and len(body) <= _LARGEST
            if len(body) <= _LARGEST and not is_cut:
                self._put_back(connection, response)
                return Answer(response.status, _seconds(response.getheader("Retry-After")), body), ""
            reason = "its answer was cut off" if is_cut else "its answer is too large"
        except ssl.SSLCertVerificationError as error:
            reason = distrust = error.verify_message
        except OSError as error:
            reason = error.strerror or str(error) or type(error).__name__
        except http.client.HTTPException as error:
            # Its text may have what was read of a value.
            reason = type(error).__name__
        connection.close()
        # Outside of the handler, so that no error of ours refers to one that holds a part of the answer.
        if distrust is not None:
            raise BadConfiguration(
                "the certificate of %s is not one that SPARK_SECRETS_API_CA lets this pod trust (%s). A pod is given what to"
                " trust when it starts: if the operator has a new authority since, start this application again."
                % (self.url, distrust)
            )
        return None, reason

    def _take_idle(self) -> Optional[http.client.HTTPSConnection]:
        with self._lock:
            idle, self._idle = self._idle, None
        if idle is None:
            return None
        connection, since = idle
        if time.monotonic() - since < _IDLE_SECONDS:
            return connection
        connection.close()
        return None

    def _put_back(self, connection: http.client.HTTPSConnection, response: http.client.HTTPResponse) -> None:
        if response.will_close:
            connection.close()
            return
        with self._lock:
            before, self._idle = self._idle, (connection, time.monotonic())
        if before is not None:
            before[0].close()


def _trust(ca: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_flags |= _PARTIAL_CHAIN
    try:
        context.load_verify_locations(cadata=b"".join(base64.b64decode(each, validate=True) for each in ca.split()))
    except (binascii.Error, ssl.SSLError, ValueError):
        raise BadConfiguration(
            "SPARK_SECRETS_API_CA holds no certificates: base64 of DER each, separated by spaces."
        ) from None
    return context


def _seconds(retry_after: Optional[str]) -> Optional[float]:
    return float(retry_after) if retry_after and re.fullmatch("[0-9]{1,9}", retry_after) else None
