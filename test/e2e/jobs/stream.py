"""A Structured Streaming job: each second a batch of the numbers that the rate source counts.

For each batch it prints one line, `BATCH {"id": …, "rows": […], "driver": hash, "executors": {NUMBER: hash}}`: what the
batch read, and the variable TOKEN as the driver and the executors that read have it, as the first 8 hex digits of its
SHA-256. When the file /tmp/release appears, the query is stopped, and the last line tells of it: `QUERY {…}`.
"""

import hashlib
import json
import os
import time

from pyspark.sql import SparkSession

TOKEN = "TOKEN"


def read(rows):
    """What one task of a batch reads, and with which value."""
    token = hashlib.sha256(os.environb[TOKEN.encode()]).hexdigest()[:8]
    yield os.environ["SPARK_EXECUTOR_ID"], token, [row.value for row in rows]


def report(batch, number):
    tasks = batch.rdd.mapPartitions(read).collect()
    line = {
        "id": number,
        "rows": sorted(value for _, _, values in tasks for value in values),
        "driver": hashlib.sha256(os.environb[TOKEN.encode()]).hexdigest()[:8],
        "executors": {executor: token for executor, token, _ in tasks},
    }
    print("BATCH", json.dumps(line), flush=True)


spark = SparkSession.builder.getOrCreate()
rate = spark.readStream.format("rate").option("rowsPerSecond", 5).option("numPartitions", 1).load()
query = rate.writeStream.foreachBatch(report).trigger(processingTime="1 second").start()
end = time.monotonic() + 300
while query.isActive and time.monotonic() < end and not os.path.exists("/tmp/release"):
    time.sleep(0.2)
failure = query.exception()
query.stop()
print("QUERY", json.dumps({"run": str(query.runId), "failure": failure and str(failure)}), flush=True)
spark.stop()
