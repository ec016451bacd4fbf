"""What runs in a notebook: plain Python makes a session. It tells what it was given, as short hashes: never a value.

    notebook.py VARIABLE,… PROPERTY,…

It prints two lines like those of the quickstart's job: for this process, whose JVM is asked about properties (also those
that are none of Spark's), and for a worker. Then it waits for the file /tmp/release, two minutes at most.
"""

import hashlib
import json
import os
import sys
import time

from pyspark.sql import SparkSession

VARIABLES, PROPERTIES = (names.split(",") for names in sys.argv[1:])


def digest(value):
    return None if value is None else hashlib.sha256(value).hexdigest()[:8]


def env_hashes():
    return {name: digest(os.environb.get(name.encode())) for name in VARIABLES}


def value_of(name):
    if name.startswith("spark.hadoop."):
        return spark.sparkContext._jsc.hadoopConfiguration().get(name.removeprefix("spark.hadoop."))
    if name.startswith("spark."):
        return spark.sparkContext.getConf().get(name)
    return spark._jvm.java.lang.System.getProperty(name)


def show(pod, env, conf):
    print("REPORT", json.dumps({"pod": pod, "env": env, "conf": conf}), flush=True)


builder = SparkSession.builder.master("local[1]").appName("notebook")
for name, value in {"enabled": "true", "dir": "file:///tmp", "compress": "false", "rolling.enabled": "false"}.items():
    builder = builder.config(f"spark.eventLog.{name}", value)
spark = builder.config("spark.logConf", "true").getOrCreate()

values = {name: value_of(name) for name in PROPERTIES}
show("driver", env_hashes(), {name: digest(value and value.encode()) for name, value in values.items()})
show("worker", spark.sparkContext.parallelize([0], 1).map(lambda _: env_hashes()).first(), {})

end = time.monotonic() + 120
while time.monotonic() < end and not os.path.exists("/tmp/release"):
    time.sleep(0.5)
spark.stop()
