# SPDX-License-Identifier: Apache-2.0
"""What can go wrong. No error holds a value, neither in its text nor in what it was raised from."""

from typing import Optional


class SecretsError(Exception):
    """Any error of this package. `key` is the key that was asked for; `code` is the API's word for it (docs/api.md)."""

    def __init__(self, message: str, *, key: Optional[str] = None, code: Optional[str] = None) -> None:
        super().__init__(message)
        self.key = key
        self.code = code

    # KeyError, which some errors are too, would show its message in quotes.
    def __str__(self) -> str:
        return str(self.args[0])


class SecretNotFound(SecretsError, KeyError):
    """This pod has no such secret. With `default=`, the default is returned instead."""


class NoBinding(SecretNotFound):
    """No binding gives this pod the key. The message has the YAML to add."""


class KeyNotGranted(SecretsError):
    """A binding names the key, but the store does not grant it to this namespace: the platform team's to change."""


class Conflict(SecretsError):
    """Several bindings give this pod the key with different values: say which with `binding=`."""


class Unavailable(SecretsError):
    """The operator or the store did not answer in time. Trying again may help, after `retry_after` seconds if known."""

    def __init__(
        self,
        message: str,
        *,
        key: Optional[str] = None,
        code: Optional[str] = None,
        retry_after: Optional[float] = None,
    ) -> None:
        super().__init__(message, key=key, code=code)
        self.retry_after = retry_after


class BadConfiguration(SecretsError):
    """What this pod was given to find its secrets with is missing or wrong. Trying again does not help."""


class InvalidKey(SecretsError, ValueError):
    """The text is no key: segments of letters, digits, dots, dashes and underscores, joined by slashes."""


class NotText(SecretsError, ValueError):
    """The value is not UTF-8: get_bytes returns it."""
