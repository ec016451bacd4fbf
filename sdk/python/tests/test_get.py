# SPDX-License-Identifier: Apache-2.0
import os
import pickle
import subprocess
import sys
from unittest import mock

from spark_secrets import (
    BadConfiguration,
    Conflict,
    InvalidKey,
    NoBinding,
    NotText,
    SecretNotFound,
    Secrets,
    SecretsError,
    Unavailable,
)

from .support import CANARY, PodCase

KEY = "orders/DB_PASSWORD"


class GetTest(PodCase):
    def setUp(self) -> None:
        super().setUp()
        self.secrets = Secrets(self.environ)

    def give_file(self, binding: str, content: bytes) -> None:
        folder = self.mount(binding, {"password": content})
        self.give(binding, "%s env DB_PASSWORD" % KEY, "%s file %s/password" % (KEY, folder))

    def test_takes_a_file_before_a_variable_and_reads_it_each_time(self) -> None:
        self.environ["DB_PASSWORD"] = "as it was at the start"
        self.give_file("orders", b"one")
        self.assertEqual(self.secrets.get(KEY), "one")
        self.mount("orders", {"password": b"two"})
        self.assertEqual(self.secrets.get(KEY), "two")
        self.assertEqual(self.secrets.where(KEY), "file %s/files/orders/password" % self.root)

    def test_takes_a_variable_where_this_container_has_no_such_file(self) -> None:
        self.environ["DB_PASSWORD"] = "from the environment"
        self.give("orders", KEY + " file /nowhere/password", KEY + " env NOT_HERE", KEY + " env DB_PASSWORD")
        self.assertEqual(self.secrets.get(KEY), "from the environment")
        self.assertEqual(self.secrets.where(KEY), "env DB_PASSWORD")

    def test_looks_again_for_a_file_that_the_kubelet_just_renewed(self) -> None:
        self.give_file("orders", b"one")
        found = open(os.path.join(self.root, "files", "orders", "password"), "rb")
        with mock.patch("builtins.open", side_effect=[FileNotFoundError(), found]):
            self.assertEqual(self.secrets.get(KEY), "one")

    def test_skips_a_file_that_can_not_be_read_and_says_so(self) -> None:
        self.environ["DB_PASSWORD"] = "from the environment"
        self.give("orders", "%s file %s" % (KEY, self.root), KEY + " env DB_PASSWORD")
        with self.assertLogs("spark_secrets", "WARNING") as logged:
            self.assertEqual(self.secrets.get(KEY), "from the environment")
        self.assertIn(self.root, logged.output[0])

    def test_skips_kinds_of_places_that_are_newer_than_it(self) -> None:
        self.environ["DB_PASSWORD"] = "v"
        self.give("orders", KEY + " socket /somewhere", KEY + " env DB_PASSWORD")
        self.assertEqual(self.secrets.get(KEY), "v")

    def test_returns_values_as_they_are(self) -> None:
        for value in ("", " padded \n", "ключ 🔑", "a=b:c#d"):
            self.give_file("orders", value.encode())
            self.assertEqual(self.secrets.get(KEY), value)

    def test_returns_what_is_no_text_as_bytes_only(self) -> None:
        self.give_file("orders", b"\xff" + CANARY.encode())
        self.assertEqual(self.secrets.get_bytes(KEY), b"\xff" + CANARY.encode())
        with self.assertRaises(NotText) as raised:
            self.secrets.get(KEY)
        self.assertTellsNothing(raised.exception)

    def test_reads_a_variable_of_any_bytes_in_any_locale(self) -> None:
        script = (
            "import sys; from spark_secrets import secrets;"
            "sys.stdout.buffer.write(secrets.get_bytes('K') + secrets.get('TEXT').encode())"
        )
        for locale in ("C", "C.UTF-8", "POSIX"):
            environ = {
                b"LC_ALL": locale.encode(),
                b"PYTHONPATH": os.pathsep.join(sys.path).encode(),
                b"SPARK_SECRETS_KEYS_0123456789ab": b"K env BINARY\nTEXT env TEXT\n",
                b"BINARY": b"\xff\xfe",
                b"TEXT": "ключ".encode(),
            }
            out = subprocess.run([sys.executable, "-B", "-c", script], env=environ, stdout=subprocess.PIPE, check=True).stdout
            self.assertEqual(out, b"\xff\xfe" + "ключ".encode())

    def test_lists_what_this_container_has(self) -> None:
        self.environ["DB_PASSWORD"] = "v"
        self.give("orders", KEY + " env DB_PASSWORD", "orders/OF_DRIVERS env NOT_HERE")
        self.assertEqual(self.secrets.keys(), [KEY])

    def test_asks_which_binding_is_meant_when_two_give_different_values(self) -> None:
        self.environ["A"] = self.environ["B"] = CANARY
        self.give("first", KEY + " env A")
        self.give("second", KEY + " env B")
        self.assertEqual(self.secrets.get(KEY), CANARY)
        self.environ["B"] = "another"
        with self.assertRaisesRegex(Conflict, "binding=") as raised:
            self.secrets.get(KEY)
        self.assertTellsNothing(raised.exception)
        self.assertEqual(self.secrets.get(KEY, binding="second"), "another")
        self.assertEqual(self.secrets.get(KEY, binding="first"), CANARY)

    def test_says_which_line_of_a_variable_is_wrong_and_does_not_quote_it(self) -> None:
        self.give("orders", KEY + " env DB_PASSWORD", CANARY)
        with self.assertRaisesRegex(BadConfiguration, "line 2 of the variable SPARK_SECRETS_KEYS_") as raised:
            self.secrets.get(KEY)
        self.assertTellsNothing(raised.exception)

    def test_refuses_what_is_no_key_and_does_not_quote_it(self) -> None:
        bad = ("", "/a", "a/", "a//b", "..", "a/../b", "a b", "a\n", "ключ", "a?binding=b", "a#", "#a", "a#b/c")
        for key in (*bad, "x" * 513, CANARY + "!"):
            with self.assertRaises(InvalidKey) as raised:
                self.secrets.get(key, default="d")
            self.assertTellsNothing(raised.exception)
        for key in ("A", "a/b/c-d_e.f", "x" * 512, "database/creds/readonly#username"):
            with self.assertRaises(NoBinding):
                self.secrets.get(key)


class ConfigurationTest(PodCase):
    def test_says_what_is_wrong_with_what_the_pod_was_given(self) -> None:
        for url, ca, variable in (
            ("http://127.0.0.1:1", "", "SPARK_SECRETS_API_URL"),
            ("https://[", "", "SPARK_SECRETS_API_URL"),
            ("https://127.0.0.1:one", "", "SPARK_SECRETS_API_URL"),
            ("https://127.0.0.1:1", "", "SPARK_SECRETS_API_CA"),
            ("https://127.0.0.1:1", "AAAA", "SPARK_SECRETS_API_CA"),
            ("https://127.0.0.1:1", "no base64", "SPARK_SECRETS_API_CA"),
        ):
            environ = {"SPARK_SECRETS_API_URL": url, "SPARK_SECRETS_API_CA": ca}
            with self.assertRaisesRegex(BadConfiguration, "^%s " % variable):
                Secrets(environ).get(KEY)


class NotFoundTest(PodCase):
    def setUp(self) -> None:
        super().setUp()
        self.secrets = Secrets(self.environ)

    def message(self, key: str) -> str:
        with self.assertRaises(NoBinding) as raised:
            self.secrets.get(key)
        self.assertEqual((raised.exception.key, raised.exception.code), (key, "NoBinding"))
        return str(raised.exception)

    def test_says_what_to_add(self) -> None:
        message = self.message(KEY)
        self.assertTrue(message.startswith("no binding gives this pod the key orders/DB_PASSWORD: "), message)
        self.assertIn("SPARK_SECRETS_API_URL", message)
        self.assertIn("kind: SparkJobSecretBinding", message)
        self.assertTrue(message.endswith('\n  references: [{key: "orders/DB_PASSWORD"}]'), message)

    def test_says_how_credentials_of_a_run_get_into_it(self) -> None:
        message = self.message("database/creds/readonly#user-name")
        self.assertIn("\n  scope: Application\n", message)
        self.assertTrue(message.endswith('env: [{name: USER_NAME, key: "database/creds/readonly#user-name"}]'), message)

    def test_names_keys_that_look_alike_or_those_that_there_are(self) -> None:
        self.environ["V"] = CANARY
        self.give("orders", *("orders/KEY_%02d env V" % number for number in range(12)), KEY + " env V")
        self.assertIn("Did you mean orders/DB_PASSWORD?", self.message("orders/DB_PASWORD"))
        self.assertIn("It has orders/DB_PASSWORD, orders/KEY_00", self.message("zzz"))
        self.assertIn("orders/KEY_08 and 3 more.", self.message("zzz"))
        self.assertNotIn(CANARY, self.message("zzz"))

    def test_is_caught_as_a_KeyError_and_returns_a_default_only_when_asked(self) -> None:
        with self.assertRaises(KeyError):
            self.secrets.get(KEY)
        self.assertIsNone(self.secrets.get(KEY, default=None))
        self.assertEqual(self.secrets.get(KEY, default="d"), "d")

    def test_goes_through_pickle(self) -> None:
        for error in (
            NoBinding("text", key=KEY, code="NoBinding"),
            SecretNotFound("text"),
            Unavailable("text", key=KEY, retry_after=2.0),
        ):
            again = pickle.loads(pickle.dumps(error))
            self.assertEqual((type(again), str(again), vars(again)), (type(error), str(error), vars(error)))
            self.assertIsInstance(again, SecretsError)
