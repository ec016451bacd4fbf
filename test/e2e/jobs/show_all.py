"""A job that writes down all that Spark tells about its conf, beside the reports of the quickstart's job.

`SET` lines are what SQL's SET says, `READ {NAME: text}` what `spark.conf.get` gives for the properties in --literal, `JVM`
lines the JVM's own arguments. Values that are in Spark's conf itself it never reads: whoever reads those has them.
"""

import argparse
import json
import os
import time

import orders_report as quickstart
from pyspark import SparkConf
from pyspark.sql import SparkSession

parser = argparse.ArgumentParser()
parser.add_argument("--env", nargs="*", default=[])
parser.add_argument("--conf", nargs="*", default=[])
parser.add_argument("--ssl", nargs="*", default=[])
parser.add_argument("--literal", nargs="*", default=[])
parser.set_defaults(tasks=4, task_seconds=0.1)
options = parser.parse_args()

quickstart.compile_probe()
spark = SparkSession.builder.config(conf=SparkConf().set("spark.jars", quickstart.PROBE_JAR)).getOrCreate()
context = spark.sparkContext
context.addPyFile(quickstart.__file__)  # the tasks are functions of that module

for command in ["SET", "SET -v", *(f"SET {name}" for name in [*options.conf, *options.ssl])]:
    for row in spark.sql(command).collect():
        print(command, row.key, row.value)
print("READ", json.dumps({name: spark.conf.get(name) for name in options.literal}))
management = context._jvm.java.lang.management.ManagementFactory.getRuntimeMXBean()
print("JVM", management.getInputArguments().toString())

values = {name: quickstart.driver_conf(spark, name) for name in options.conf}
# As Spark's own servers read them: with ${env:NAME} replaced.
values.update({name: context._jsc.sc().conf().getWithSubstitution(name).get() for name in options.ssl})
hashes = {name: quickstart.digest(value.encode()) for name, value in values.items()}
quickstart.show("driver", quickstart.env_hashes(options.env), hashes)
for number, report in sorted(quickstart.executor_reports(spark, options).items()):
    quickstart.show(f"executor {number}", report["env"], report["conf"])

end = time.monotonic() + 240
while time.monotonic() < end and not os.path.exists(quickstart.RELEASE):
    time.sleep(0.2)
spark.stop()
