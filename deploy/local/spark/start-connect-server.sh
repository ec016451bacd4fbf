#!/bin/bash
# Starts a Spark Connect server in the way of Spark's own script, which the Python package leaves out.
set -eu
exec "$SPARK_HOME/sbin/spark-daemon.sh" submit org.apache.spark.sql.connect.service.SparkConnectServer 1 \
  --name 'Spark Connect server' "$@"
