# SPDX-License-Identifier: Apache-2.0
"""What to do about a key that nobody gives this pod."""

import difflib
from typing import Iterable, List

from ._keys import is_dynamic
from .errors import NoBinding

_NAMESPACE_FILE = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"
_MOST_SHOWN = 10

NOTHING_GIVEN = (
    "this process was given no secrets: it has no variable SPARK_SECRETS_API_URL. Either no binding matched its pod when it"
    " started, or this is not the container that runs Spark, or no pod at all"
)


def no_binding(key: str, reason: str, known: Iterable[str]) -> NoBinding:
    """The error for a key that is not covered. `reason` as the API says it; `known` are the keys that this pod has."""
    lines = ["no binding gives this pod the key %s: %s." % (key, reason.rstrip("."))]
    lines += _others(key, sorted(known))
    lines += ["Add the last line to the spec of a binding that selects this application, or apply a new one:", ""]
    lines += _manifest(key)
    return NoBinding("\n".join(lines), key=key, code="NoBinding")


def _others(key: str, known: List[str]) -> List[str]:
    if not known:
        return []
    close = difflib.get_close_matches(key, known, n=3)
    if close:
        return ["Did you mean %s?" % " or ".join(close)]
    more = len(known) - _MOST_SHOWN
    return ["It has %s%s." % (", ".join(known[:_MOST_SHOWN]), " and %d more" % more if more > 0 else "")]


def _manifest(key: str) -> List[str]:
    scope = ["  scope: Application"] if is_dynamic(key) else []
    name = key.rpartition("#")[2].rpartition("/")[2]
    variable = "".join(each if each.isalnum() else "_" for each in name).upper()
    entry = 'env: [{name: %s, key: "%s"}]' % (variable, key) if is_dynamic(key) else 'references: [{key: "%s"}]' % key
    return [
        "apiVersion: secrets.iomete.com/v1alpha1",
        "kind: SparkJobSecretBinding",
        "metadata: {name: NAME, namespace: %s}" % _namespace(),
        "spec:",
        "  storeRef: {name: STORE, namespace: NAMESPACE-OF-THE-STORE}",
        "  selector: {applications: [NAME-OF-THIS-APPLICATION]}",
        *scope,
        "  " + entry,
    ]


def _namespace() -> str:
    try:
        with open(_NAMESPACE_FILE, encoding="ascii") as file:
            return file.read().strip()
    except (OSError, ValueError):
        return "NAMESPACE-OF-THIS-JOB"
