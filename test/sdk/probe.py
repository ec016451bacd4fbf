"""Calls the SDK as it is told: a JSON object a line, `do` and the arguments; answers the same way. For tests alone."""

import json
import os
import sys
import threading
from typing import Any, Callable, Dict, List

from spark_secrets import Secrets, SecretsError, Watch

secrets = Secrets()
watches: List[Watch] = []
turn = threading.Lock()


def say(**what: Any) -> None:
    with turn:
        print(json.dumps(what), flush=True)


def enter(environ: Dict[str, str], options: Dict[str, float]) -> None:
    """Another pod: from now on everything is asked of it."""
    global secrets
    secrets = Secrets(environ, **options)


def leave() -> None:
    for each in watches:
        each.stop()


def watch(**arguments: Any) -> None:
    watches.append(secrets.on_change(callback=lambda value: say(changed=value), **arguments))


def many(count: int, key: str) -> int:
    """How many different values as many threads get."""
    seen = set()
    threads = [threading.Thread(target=lambda: seen.add(secrets.get(key))) for _ in range(count)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return len(seen)


def fork(key: str) -> str:
    """What a child of this process gets, and this process after it."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, secrets.get(key).encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writer)
    with open(reader, "rb") as file:
        return file.read().decode() + " " + secrets.get(key)


HERE: Dict[str, Callable[..., Any]] = {"enter": enter, "fork": fork, "leave": leave, "many": many, "watch": watch}


def answer(do: str, arguments: Dict[str, Any]) -> Any:
    if do in HERE:
        return HERE[do](**arguments)
    found = getattr(secrets, do)(**arguments)
    return found.hex() if isinstance(found, bytes) else found


def holds(error: BaseException) -> str:
    """Everything that the error, and what it was raised from, would show to whoever looks."""
    around = error.__cause__ or error.__context__
    return "%r %r %s" % (error.args, vars(error), holds(around) if around else "")


for line in sys.stdin:
    call = json.loads(line)
    try:
        say(value=answer(call.pop("do"), call))
    except SecretsError as error:
        say(error=type(error).__name__, code=error.code, message=str(error), holds=holds(error))
