#!/bin/bash
# Starts what Spark on Kubernetes asks for, with the command lines of the official image: `driver` and `executor` are what
# spark-submit writes into a pod's args, anything else is run as it is.
set -eo pipefail

joined() {
  local IFS=:
  echo "$*"
}

# What comes first wins, so configuration stands before the jars. An empty CLASSPATH leaves an empty field, as there.
classpath() {
  local parts=("${SPARK_CLASSPATH:-}" "$SPARK_HOME/jars/*")
  if [ -n "${SPARK_EXTRA_CLASSPATH:-}" ]; then parts+=("$SPARK_EXTRA_CLASSPATH"); fi
  if [ -n "${HADOOP_CONF_DIR+set}" ]; then parts=("$HADOOP_CONF_DIR" "${parts[@]}"); fi
  joined "${SPARK_CONF_DIR-$SPARK_HOME/conf}" "${parts[@]}" "$PWD" "${SPARK_DIST_CLASSPATH:-}"
}

# SPARK_JAVA_OPT_0, _1, …: one option each, which may contain blanks.
java_options=()
for variable in "${!SPARK_JAVA_OPT_@}"; do java_options+=("${!variable}"); done

kind=${1:-}
case $kind in
  driver)
    shift
    set -- "$SPARK_HOME/bin/spark-submit" \
      --conf "spark.driver.bindAddress=$SPARK_DRIVER_BIND_ADDRESS" \
      --conf "spark.executorEnv.SPARK_DRIVER_POD_IP=$SPARK_DRIVER_BIND_ADDRESS" \
      --deploy-mode client "$@"
    ;;
  executor)
    set -- "$JAVA_HOME/bin/java" "${java_options[@]}" \
      "-Xms$SPARK_EXECUTOR_MEMORY" "-Xmx$SPARK_EXECUTOR_MEMORY" \
      -cp "$(classpath)" \
      org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend \
      --driver-url "$SPARK_DRIVER_URL" \
      --executor-id "$SPARK_EXECUTOR_ID" \
      --cores "$SPARK_EXECUTOR_CORES" \
      --app-id "$SPARK_APPLICATION_ID" \
      --hostname "$SPARK_EXECUTOR_POD_IP" \
      --resourceProfileId "$SPARK_RESOURCE_PROFILE_ID" \
      --podName "$SPARK_EXECUTOR_POD_NAME"
    ;;
  *)
    exec "$@"
    ;;
esac
# tini hands signals on and collects the Python workers that end.
exec /usr/bin/tini -s -- "$@"
