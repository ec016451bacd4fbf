# SPDX-License-Identifier: Apache-2.0
import threading
import unittest
from typing import List, Optional, Union

from spark_secrets import NoBinding, SecretsError, Unavailable
from spark_secrets._cache import Cache

from .support import eventually


class CacheTest(unittest.TestCase):
    def setUp(self) -> None:
        self.now = 0.0
        self.timeouts: List[float] = []
        self.next: Union[bytes, SecretsError] = b"1"
        self.cache = Cache(self.read, 30.0, 20.0, lambda: self.now)

    def read(self, key: str, binding: Optional[str], timeout: float) -> bytes:
        self.timeouts.append(timeout)
        if isinstance(self.next, SecretsError):
            raise self.next
        return self.next

    def get(self) -> bytes:
        return self.cache.get("K", None)

    def test_asks_once_in_a_while(self) -> None:
        self.assertEqual([self.get(), self.get()], [b"1", b"1"])
        self.next = b"2"
        self.now = 29.9
        self.assertEqual(self.get(), b"1")
        self.now = 30.0
        self.assertEqual(self.get(), b"2")
        self.assertEqual(len(self.timeouts), 2)

    def test_keeps_values_of_bindings_apart(self) -> None:
        self.get()
        self.next = b"2"
        self.assertEqual(self.cache.get("K", "orders"), b"2")
        self.assertEqual(self.get(), b"1")

    def test_keeps_a_value_while_nobody_answers_and_does_not_try_at_each_call(self) -> None:
        self.get()
        self.next = Unavailable("down")
        self.now = 30.0
        with self.assertLogs("spark_secrets", "WARNING"):
            self.assertEqual(self.get(), b"1")
        self.assertEqual(self.get(), b"1")
        # Somebody who has a value is not kept for as long as somebody who has none.
        self.assertEqual(self.timeouts, [20.0, 5.0])
        self.next = b"2"
        self.now = 60.0
        self.assertEqual(self.get(), b"2")

    def test_raises_when_there_was_no_value_before(self) -> None:
        self.next = Unavailable("down")
        for _ in range(2):
            with self.assertRaises(Unavailable):
                self.get()
        self.assertEqual(len(self.timeouts), 2)

    def test_does_away_with_a_value_that_the_pod_may_not_have_any_more(self) -> None:
        self.get()
        self.next = NoBinding("gone")
        self.now = 30.0
        with self.assertRaises(NoBinding):
            self.get()
        self.next = Unavailable("down")
        with self.assertRaises(Unavailable):
            self.get()

    def test_takes_what_a_watch_saw(self) -> None:
        self.get()
        self.next = b"2"
        self.assertEqual(self.cache.fresh("K", None), b"2")
        self.assertEqual(self.get(), b"2")
        self.next = Unavailable("down")
        with self.assertRaises(Unavailable):
            self.cache.fresh("K", None)
        self.assertEqual(self.get(), b"2")


class ThreadsTest(unittest.TestCase):
    def setUp(self) -> None:
        self.answer = threading.Event()
        self.asked = 0
        self.error: Optional[SecretsError] = None
        self.cache = Cache(self.read, 30.0, 20.0)
        self.results: List[object] = []

    def read(self, key: str, binding: Optional[str], timeout: float) -> bytes:
        self.asked += 1
        self.answer.wait(10)
        if self.error is not None:
            raise self.error
        return b"1"

    def get(self) -> None:
        try:
            self.results.append(self.cache.get("K", None))
        except SecretsError as error:
            self.results.append(error)

    def many(self) -> None:
        threads = [threading.Thread(target=self.get) for _ in range(20)]
        for each in threads:
            each.start()
        eventually(lambda: self.asked)
        self.answer.set()
        for each in threads:
            each.join(10)

    def test_wait_for_one_request(self) -> None:
        self.many()
        self.assertEqual((self.asked, self.results), (1, [b"1"] * 20))

    def test_are_all_told_of_an_error_and_the_next_call_asks_again(self) -> None:
        self.error = Unavailable("down")
        self.many()
        self.assertEqual([type(each) for each in self.results], [Unavailable] * 20)
        self.error = None
        self.assertEqual(self.cache.get("K", None), b"1")
