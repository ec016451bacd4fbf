# SPDX-License-Identifier: Apache-2.0
"""Secrets for Spark code, on drivers and executors.

>>> from spark_secrets import secrets
>>> password = secrets.get("orders/DB_PASSWORD")

A key is looked for in the files that a binding mounts (fresh after a rotation), then in the environment, then asked of the
operator's API with the pod's own ServiceAccount token. Every error is a SecretsError and holds no value.
"""

from ._secrets import Secrets, secrets
from ._version import VERSION as __version__
from ._watch import Watch
from .errors import (
    BadConfiguration,
    Conflict,
    InvalidKey,
    KeyNotGranted,
    NoBinding,
    NotText,
    SecretNotFound,
    SecretsError,
    Unavailable,
)

__all__ = [
    "BadConfiguration",
    "Conflict",
    "InvalidKey",
    "KeyNotGranted",
    "NoBinding",
    "NotText",
    "SecretNotFound",
    "Secrets",
    "SecretsError",
    "Unavailable",
    "Watch",
    "__version__",
    "secrets",
]
