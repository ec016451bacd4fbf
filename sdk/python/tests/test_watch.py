# SPDX-License-Identifier: Apache-2.0
import os
import pickle
import threading
from typing import List

from spark_secrets import BadConfiguration, NoBinding, Secrets, Watch
from spark_secrets._watch import Look

from .support import CANARY, PodCase, eventually

KEY = "orders/DB_PASSWORD"
SOON = 0.02


class WatchTest(PodCase):
    def setUp(self) -> None:
        super().setUp()
        folder = self.mount("orders", {"password": b"one"})
        self.give("orders", "%s file %s/password" % (KEY, folder))
        self.secrets = Secrets(self.environ)
        self.seen: List[str] = []

    def write(self, value: bytes) -> None:
        self.mount("orders", {"password": value})

    def test_tells_each_new_value_and_none_twice(self) -> None:
        with self.secrets.on_change(KEY, self.seen.append, interval=SOON):
            for value in ("two", "three"):
                self.write(value.encode())
                eventually(lambda: self.seen[-1:] == [value])
                self.assertEqual(self.secrets.get(KEY), value)
            # The same content again, as when another key of the binding changed.
            self.write(b"three")
            self.write(b"four")
            eventually(lambda: self.seen[-1:] == ["four"])
        self.assertEqual(self.seen, ["two", "three", "four"])

    def test_tells_nothing_after_it_was_stopped(self) -> None:
        first = self.secrets.on_change(KEY, self.seen.append, interval=SOON)
        first.stop()
        other: List[str] = []
        with self.secrets.on_change(KEY, other.append, interval=SOON):
            self.write(b"two")
            eventually(lambda: other)
        self.assertEqual(self.seen, [])
        eventually(lambda: all(not each.name.startswith("spark-secrets") for each in threading.enumerate()))

    def test_tells_nothing_that_it_saw_while_it_was_stopped(self) -> None:
        made = threading.Event()
        looked = threading.Event()

        def look() -> Look:
            made.wait(10)
            watch.stop()
            looked.set()
            return Look(b"two", in_file=True)

        raw: List[bytes] = []
        watch = Watch(KEY, Look(b"one", in_file=True), look, raw.append, SOON, at_once=True)
        made.set()
        self.assertTrue(looked.wait(10))
        eventually(lambda: all(not each.name.startswith("spark-secrets") for each in threading.enumerate()))
        self.assertEqual(raw, [])

    def test_can_be_stopped_by_its_own_callback(self) -> None:
        def once(value: str) -> None:
            self.seen.append(value)
            watch.stop()

        watch = self.secrets.on_change(KEY, once, interval=SOON)
        self.write(b"two")
        eventually(lambda: self.seen)
        eventually(lambda: all(not each.name.startswith("spark-secrets") for each in threading.enumerate()))

    def test_goes_on_after_a_callback_failed_and_logs_where_but_not_what(self) -> None:
        def fails(value: str) -> None:
            self.seen.append(value)
            raise RuntimeError("can not connect with " + value)

        with self.assertLogs("spark_secrets", "ERROR") as logged:
            with self.secrets.on_change(KEY, fails, interval=SOON):
                self.write(CANARY.encode())
                eventually(lambda: self.seen)
                self.write(b"three")
                eventually(lambda: len(self.seen) == 2)
                eventually(lambda: len(logged.output) == 2)
        self.assertIn("RuntimeError", logged.output[0])
        self.assertIn("test_watch.py", logged.output[0])
        self.assertNotIn(CANARY, "".join(logged.output))

    def test_keeps_the_value_while_the_file_is_away_and_says_so_once(self) -> None:
        path = os.path.join(self.root, "files", "orders", "password")
        with self.assertLogs("spark_secrets", "WARNING") as logged:
            with self.secrets.on_change(KEY, self.seen.append, interval=SOON):
                os.remove(path)
                eventually(lambda: logged.output)
                os.symlink("..data/password", path)
                self.write(b"two")
                eventually(lambda: self.seen)
        self.assertEqual((self.seen, len(logged.output)), (["two"], 1))

    def test_gives_bytes_to_who_wants_them_and_tells_who_does_not(self) -> None:
        raw: List[bytes] = []
        with self.assertLogs("spark_secrets", "ERROR") as logged:
            with self.secrets.on_change_bytes(KEY, raw.append, interval=SOON):
                with self.secrets.on_change(KEY, self.seen.append, interval=SOON):
                    self.write(b"\xff" + CANARY.encode())
                    eventually(lambda: raw and logged.output)
        self.assertEqual((raw, self.seen), ([b"\xff" + CANARY.encode()], []))
        self.assertIn("NotText", logged.output[0])
        self.assertNotIn(CANARY, logged.output[0])

    def test_raises_at_once_for_what_can_not_be_watched(self) -> None:
        with self.assertRaises(NoBinding):
            self.secrets.on_change("orders/OTHER", self.seen.append)
        with self.assertRaises(ValueError):
            self.secrets.on_change(KEY, self.seen.append, interval=0)
        self.environ["V"] = CANARY
        self.give("other", "V env V", "a/b#c env V")
        for key in ("V", "a/b#c"):
            with self.assertRaisesRegex(BadConfiguration, "env V, which stays as it is") as raised:
                self.secrets.on_change(key, self.seen.append)
            self.assertTellsNothing(raised.exception)

    def test_is_of_its_own_process_only(self) -> None:
        with self.secrets.on_change(KEY, self.seen.append) as watch:
            with self.assertRaises(TypeError):
                pickle.dumps(watch)
