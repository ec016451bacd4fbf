# SPDX-License-Identifier: Apache-2.0
"""python -m spark_secrets [KEY ...]: where this container has its keys, or whether these can be read. Never a value."""

import os
import sys
from typing import List

from . import SecretsError, secrets
from ._places import Places


def main(keys: List[str]) -> int:
    """The exit code: 1 if a key can't be read."""
    if not keys:
        return _list()
    failed = 0
    for key in keys:
        try:
            print("%s: can be read, from %s" % (key, secrets.where(key)))
        except SecretsError as error:
            failed += 1
            print("%s: %s: %s" % (key, type(error).__name__, error))
    return 1 if failed else 0


def _list() -> int:
    found = Places(os.environ).keys()
    for key, places in found.items():
        print("%s: %s" % (key, ", ".join(str(each) for each in places)))
    if not found:
        print("This container has no secrets as files or variables.")
    url = os.environ.get("SPARK_SECRETS_API_URL")
    print("Other keys are asked of %s." % url if url else "It was told of no API to ask for other keys.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
