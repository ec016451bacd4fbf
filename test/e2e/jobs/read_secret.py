"""A Spark job that reads secrets in its code, and prints of each value where it is from and the SHA-256: never the value.

Lines are `READ {"on": "driver", "where": …, "sha": …}`. It goes on, and prints what a watch is told, until /tmp/release
appears, 5 minutes at most.
"""

import hashlib
import json
import os
import sys
import time

from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
# Beside this program on the driver; Spark brings it to the executors.
spark.sparkContext.addPyFile("/opt/job/spark_secrets.zip")
from spark_secrets import secrets  # noqa: E402

key = sys.argv[1]


def read(on):
    value = secrets.get(key)
    return {"on": on, "where": secrets.where(key), "sha": hashlib.sha256(value.encode()).hexdigest()}


def tell(seen):
    print("READ " + json.dumps(seen), flush=True)


tell(read("driver"))
for seen in spark.sparkContext.parallelize([0], 1).map(lambda _: read("executor")).collect():
    tell(seen)
with secrets.on_change(
    key, lambda value: tell({"on": "watch", "where": "", "sha": hashlib.sha256(value.encode()).hexdigest()}), interval=1
):
    end = time.monotonic() + 300
    while time.monotonic() < end and not os.path.exists("/tmp/release"):
        time.sleep(0.2)
spark.stop()
