# SPDX-License-Identifier: Apache-2.0
import ast
import copy
import glob
import os
import pickle
import subprocess
import sys
import tempfile
import threading
import unittest
import zipfile
from typing import Any, List

import spark_secrets
from spark_secrets import Secrets, secrets

from .support import CANARY, PodCase, eventually

PACKAGE = os.path.dirname(spark_secrets.__file__)
KEY = "orders/DB_PASSWORD"
PLACES = {"SPARK_SECRETS_KEYS_0123456789ab": KEY + " env DB_PASSWORD\n", "DB_PASSWORD": CANARY}


def python(*args: str, path: str = os.path.dirname(PACKAGE)) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-W", "error", *args],
        env={"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", **PLACES},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        timeout=60,
        cwd="/",
    )


class ShippingTest(PodCase):
    def test_the_ready_object_is_sent_by_name_and_takes_no_value_along(self) -> None:
        os.environ.update(PLACES)
        self.addCleanup(lambda: [os.environ.pop(name) for name in PLACES])
        self.assertEqual(secrets.get(KEY), CANARY)
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            sent = pickle.dumps((secrets, secrets.get), protocol)
            self.assertNotIn(CANARY.encode(), sent)
            again, get = pickle.loads(sent)
            self.assertIs(again, secrets)
            self.assertEqual(get(KEY), CANARY)
        self.assertIs(copy.deepcopy(secrets), secrets)

    def test_another_object_is_not_sent(self) -> None:
        with self.assertRaisesRegex(TypeError, "make others where they are used"):
            pickle.dumps(Secrets(PLACES))

    def test_prints_nothing_of_what_it_has(self) -> None:
        pod = Secrets(PLACES)
        pod.get(KEY)
        self.assertNotIn(CANARY, "%r %s %r %r" % (pod, pod, pod._find(KEY, None), pod._places.find(KEY)))

    def test_runs_from_a_zip_as_spark_submit_ships_it(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            archive = os.path.join(folder, "spark_secrets.zip")
            with zipfile.ZipFile(archive, "w") as file:
                for each in glob.glob(os.path.join(PACKAGE, "*.py")):
                    file.write(each, "spark_secrets/" + os.path.basename(each))
            script = "import spark_secrets as s; print(s.__file__, len(s.secrets.get('%s')))" % KEY
            done = python("-c", script, path=archive)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(done.stdout.split(), [archive + "/spark_secrets/__init__.py", str(len(CANARY))])

    def test_needs_nothing_but_the_standard_library(self) -> None:
        done = python("-S", "-s", "-c", "import spark_secrets, spark_secrets.__main__")
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_is_grammar_of_python_3_8(self) -> None:
        for path in glob.glob(os.path.join(PACKAGE, "*.py")):
            with open(path, encoding="utf-8") as file:
                ast.parse(file.read(), path, feature_version=(3, 8))


class CommandTest(unittest.TestCase):
    def test_says_where_keys_are_and_no_value(self) -> None:
        done = python("-m", "spark_secrets")
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stdout.splitlines()[0], "%s: env DB_PASSWORD" % KEY)
        self.assertNotIn(CANARY, done.stdout)

    def test_says_whether_keys_can_be_read(self) -> None:
        done = python("-m", "spark_secrets", KEY, "orders/OTHER")
        self.assertEqual(done.returncode, 1)
        lines = done.stdout.splitlines()
        self.assertEqual(lines[0], "%s: can be read, from env DB_PASSWORD" % KEY)
        self.assertTrue(lines[1].startswith("orders/OTHER: NoBinding: no binding gives this pod the key orders/OTHER"))
        self.assertNotIn(CANARY, done.stdout)


@unittest.skipUnless(hasattr(os, "fork"), "there is no fork here")
class ForkTest(PodCase):
    def test_a_child_reads_and_has_no_watch_whatever_its_parent_was_doing(self) -> None:
        folder = self.mount("orders", {"password": b"one"})
        self.give("orders", "%s file %s/password" % (KEY, folder))
        pod = Secrets(self.environ)
        seen: List[str] = []
        watch = pod.on_change(KEY, seen.append, interval=0.02)
        self.addCleanup(watch.stop)
        # The worst moment: other threads hold every lock.
        event: Any = watch._wake
        with watch._lock, pod._cache._lock, event._cond:
            child = os.fork()
            if child == 0:
                self.in_child(pod, watch)
        _, status = os.waitpid(child, 0)
        self.assertEqual(status, 0)
        self.mount("orders", {"password": b"two"})
        eventually(lambda: seen == ["two"])

    def in_child(self, pod: Secrets, watch: spark_secrets.Watch) -> None:
        code = 1
        try:
            # A child that waits for ever must not make the test wait.
            killer = threading.Timer(10, lambda: os._exit(2))
            killer.start()
            watch.stop()
            pod._cache._read = lambda key, binding, timeout: b"asked"
            ok = pod.get(KEY) == "one" and pod._cache.get("K", None) == b"asked"
            code = 0 if ok else 3
        finally:
            os._exit(code)
