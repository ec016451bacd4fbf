"""A Spark job that asks nothing of its executors: it is there until the file /tmp/release appears, 5 minutes at most."""

import os
import time

from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
print("STARTED", flush=True)
end = time.monotonic() + 300
while time.monotonic() < end and not os.path.exists("/tmp/release"):
    time.sleep(0.2)
spark.stop()
