# SPDX-License-Identifier: Apache-2.0
"""A pod's files and variables, made in a temporary folder."""

import hashlib
import os
import shutil
import tempfile
import threading
import time
import unittest
from typing import Callable, Dict, Iterator, Optional

# In every value: it may be in no error and no log.
CANARY = "canary-7d1e"


class PodCase(unittest.TestCase):
    """`self.environ` is the environment of a pod, with no place yet."""

    def setUp(self) -> None:
        self.root = tempfile.mkdtemp(prefix="spark-secrets-")
        self.addCleanup(shutil.rmtree, self.root)
        self.environ: Dict[str, str] = {}

    def give(self, binding: str, *lines: str) -> None:
        """The index of a binding."""
        name = "SPARK_SECRETS_KEYS_" + hashlib.sha256(binding.encode()).hexdigest()[:12]
        self.environ[name] = "".join(line + "\n" for line in lines)

    def mount(self, binding: str, files: Dict[str, bytes]) -> str:
        """A Secret volume, or its next content, written as the kubelet does it. Returns its folder."""
        folder = os.path.join(self.root, "files", binding)
        os.makedirs(folder, exist_ok=True)
        new = tempfile.mkdtemp(prefix="..", dir=folder)
        for name, content in files.items():
            with open(os.path.join(new, name), "wb") as file:
                file.write(content)
            if not os.path.islink(os.path.join(folder, name)):
                os.symlink(os.path.join("..data", name), os.path.join(folder, name))
        link = os.path.join(folder, "..data")
        old = os.path.realpath(link) if os.path.islink(link) else None
        os.symlink(os.path.basename(new), link + "_tmp")
        os.rename(link + "_tmp", link)
        if old is not None:
            shutil.rmtree(old)
        return folder

    def assertTellsNothing(self, error: BaseException) -> None:
        """No value in the error, in what it was raised from, or in what either of them holds."""
        for each in chain(error):
            self.assertNotIn(CANARY, "%s %r %r %r" % (each, each, each.args, vars(each)))
            for name in ("object", "doc", "partial"):
                self.assertNotIn(CANARY, repr(getattr(each, name, None)))


def chain(error: Optional[BaseException]) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def eventually(isTrue: Callable[[], object], seconds: float = 10.0) -> None:
    """Waits until it is so, and fails after a time."""
    until = time.monotonic() + seconds
    while not isTrue():
        if time.monotonic() > until:
            raise AssertionError("it did not become true within %g seconds" % seconds)
        threading.Event().wait(0.01)
