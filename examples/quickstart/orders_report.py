"""A Spark job that tells what it was given, as short hashes: never a value.

For the driver and every executor it prints one line, `REPORT {"pod": …, "env": {NAME: hash}, "conf": {NAME: hash}}`, where
a hash is the first 8 hex digits of the SHA-256 of the value's bytes. Executors that come later (a replacement, or one
that dynamic allocation starts) are reported as they come, until the file /tmp/release appears or the time is over.
"""

import argparse
import hashlib
import json
import os
import time
import zipfile

from pyspark import SparkConf, SparkContext
from pyspark.sql import SparkSession

# What an executor's JVM has in its conf, Python there can't see. Spark carries Janino, a small Java compiler.
PROBE = """
public class ConfProbe {
    public static String report(String names) throws Exception {
        org.apache.spark.SparkEnv env = org.apache.spark.SparkEnv.get();
        StringBuilder report = new StringBuilder(env.executorId());
        String[] all = names.split(",");
        for (int i = 0; i < all.length; i++) {
            String value = env.conf().get(all[i], null);
            if (value != null && all[i].startsWith("spark.hadoop.")) {
                // Hadoop replaces ${env.NAME} when a property is read.
                org.apache.hadoop.conf.Configuration hadoop = new org.apache.hadoop.conf.Configuration(false);
                hadoop.set(all[i], value);
                value = hadoop.get(all[i]);
            }
            report.append(",");
            if (value != null) {
                byte[] sum = java.security.MessageDigest.getInstance("SHA-256").digest(value.getBytes("UTF-8"));
                for (int at = 0; at < 4; at++) {
                    int octet = sum[at] & 255;
                    report.append(octet < 16 ? "0" : "").append(Integer.toHexString(octet));
                }
            }
        }
        return report.toString();
    }
}
"""
PROBE_JAR = "/tmp/conf-probe.jar"
RELEASE = "/tmp/release"


def digest(value):
    """The short hash of bytes; None stays None."""
    return None if value is None else hashlib.sha256(value).hexdigest()[:8]


def env_hashes(names):
    return {name: digest(os.environb.get(name.encode())) for name in names}


def compile_probe():
    """Makes the jar with the probe, and lets this JVM load it. Executors get it by spark.jars."""
    SparkContext._ensure_initialized()
    jvm = SparkContext._jvm
    loader = jvm.java.lang.Thread.currentThread().getContextClassLoader()
    compiler = jvm.org.codehaus.janino.SimpleCompiler()
    compiler.setParentClassLoader(loader)
    compiler.cook(PROBE)
    with zipfile.ZipFile(PROBE_JAR, "w") as jar:
        jar.writestr("ConfProbe.class", bytes(compiler.getBytecodes().get("ConfProbe")))
    loader.addURL(jvm.java.io.File(PROBE_JAR).toURI().toURL())


def executor_reports(spark, options):
    """What executors have, by their number: those that got one of the tasks."""
    names, seconds = options.env, options.task_seconds

    def in_python(_):
        time.sleep(seconds)
        yield os.environ.get("SPARK_EXECUTOR_ID", "driver"), env_hashes(names)  # in local mode the driver works itself

    tasks = options.tasks
    env = dict(spark.sparkContext.parallelize(range(tasks), tasks).mapPartitions(in_python).collect())
    probe = f"reflect('ConfProbe', 'report', '{','.join(options.conf)}') AS report"
    rows = spark.range(0, tasks, 1, tasks).selectExpr(probe).collect() if options.conf else []
    conf = {}
    for row in rows:
        number, *hashes = row.report.split(",")
        conf[number] = dict(zip(options.conf, (text or None for text in hashes)))
    both = env.keys() & conf.keys() if options.conf else env.keys()
    return {number: {"env": env[number], "conf": conf.get(number, {})} for number in both}


def driver_conf(spark, name):
    """A property as its reader sees it: one of Hadoop's through Hadoop, which replaces ${env.NAME}."""
    if name.startswith("spark.hadoop."):
        return spark.sparkContext._jsc.hadoopConfiguration().get(name.removeprefix("spark.hadoop."))
    return spark.sparkContext.getConf().get(name)


def show(pod, env, conf):
    print("REPORT", json.dumps({"pod": pod, "env": env, "conf": conf}), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--env", nargs="*", default=[])
    parser.add_argument("--conf", nargs="*", default=[])
    parser.add_argument("--tasks", type=int, default=4)
    parser.add_argument("--task-seconds", type=float, default=0.2)
    parser.add_argument("--hold-seconds", type=float, default=0, help="look for new executors for so long, or /tmp/release")
    options = parser.parse_args()

    compile_probe()
    spark = SparkSession.builder.config(conf=SparkConf().set("spark.jars", PROBE_JAR)).getOrCreate()
    values = {name: driver_conf(spark, name) for name in options.conf}
    hashes = {name: digest(value.encode() if value is not None else None) for name, value in values.items()}
    show("driver", env_hashes(options.env), hashes)

    end = time.monotonic() + options.hold_seconds
    known = set()
    while True:
        for number, report in sorted(executor_reports(spark, options).items()):
            if number not in known:
                known.add(number)
                show(f"executor {number}", report["env"], report["conf"])
        if time.monotonic() > end or os.path.exists(RELEASE):
            break
        time.sleep(0.5)
    spark.stop()


if __name__ == "__main__":
    main()
