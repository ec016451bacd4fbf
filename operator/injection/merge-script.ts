import { MERGE_PROGRAM } from './merge-script/awk.ts';

/**
 * POSIX sh (dash, busybox, bash) and awk (mawk, busybox, gawk) that make the driver's Spark properties. From the
 * environment:
 *
 * - MODE: where they go. `properties` (also when unset): the file that spark-submit names. `defaults`:
 *   spark-defaults.conf of a copied SPARK_CONF_DIR. `jvm`: an argument file of Java (9 or later).
 * - BEFORE, AFTER: folders of the bindings whose precedence is Pod, and Binding. Either may be missing. Per binding's
 *   Secret NAME: `NAME.properties`, `NAME.regex` (added to spark.redaction.regex), and where there are any
 *   `NAME.references` and `NAME.executors` (REFERENCES_KEY and EXECUTOR_REFERENCES_KEY of data-keys.ts).
 * - SRC: `properties` only: the job's own file, as Spark wrote it. `defaults` reads the folder that SPARK_CONF_DIR or
 *   SPARK_HOME of the container name; it may be missing.
 * - OUT: the file to write, in `defaults` the folder to fill. An absolute path. The file appears at once and whole.
 * - EXTRA: lines of properties that beat the job's file, or nothing.
 * - SPARK_SECRETS_API_URL, SPARK_SECRETS_API_CA: where the operator's API is, or nothing. Executors get both as variables,
 *   unless the job gives them one of the two.
 *
 * The last line of a name wins: BEFORE, the job's, AFTER. Only in lines of the job is `${secrets.KEY}` a reference; those
 * in spark.kubernetes.driverEnv.* are the webhook's work. One that is the whole value of a spark.executorEnv.NAME becomes
 * a secretKeyRef, which is the job's own like any other line of it. A variable that the job gives its executors stays as
 * it is where the job has precedence. The other way round its line goes, because PySpark hands spark.executorEnv to its
 * workers, over what the executor's container has. Without a redaction regex of the job, Spark's default of all versions
 * is extended.
 *
 * It exits with 1 and says why on standard error, in what fits a termination message (2,048 bytes). No message holds a
 * value, or anything of a job's value but a well-formed KEY. It is never traced (`set -x`), uses no here-documents, which
 * would need a writable /tmp, and writes beside OUT only, where nothing of its own stays: Spark copies what is in
 * SPARK_CONF_DIR into a ConfigMap.
 *
 * `cat` writes the file because busybox awk does not notice a full disk; the last line shows that awk came to its end.
 * Folders that Kubernetes hides in a mounted ConfigMap (`..data`) are not copied. Indentation is left out: the script
 * travels in the spec of every driver pod.
 */
export const MERGE_SCRIPT = String.raw`set -e
[ "$MODE" ] || MODE=properties
[ "$SPARK_HOME" ] || SPARK_HOME=/opt/spark
[ "$SPARK_CONF_DIR" ] || SPARK_CONF_DIR=$SPARK_HOME/conf
from=$SPARK_CONF_DIR
set -u
umask 022
LC_ALL=C
export LC_ALL

fail() {
  echo "spark-secrets: $1" >&2
  exit 1
}

case $MODE in
properties)
  [ -f "$SRC" ] && [ -r "$SRC" ] || fail "can not read the properties file of the job, $SRC"
  ;;
defaults)
  mkdir -p "$OUT"
  if [ -d "$from" ]; then (
    cd "$from" && [ -r . ] || fail "can not read $from"
    for name in * .[!.]*; do
      if [ "$name" = spark-defaults.conf ]; then
        [ -r "$name" ] || fail "can not read $from/$name"
      elif [ -d "$name" ]; then
        cp -RLf "./$name" "$OUT/" || fail "can not copy $from/$name"
      elif [ -f "$name" ]; then
        cat "./$name" > "$OUT/$name" || fail "can not copy $from/$name"
      fi
    done
  ) fi
  SRC=$from/spark-defaults.conf
  OUT=$OUT/spark-defaults.conf
  ;;
jvm) SRC= ;;
*) fail "there is no mode $MODE" ;;
esac

set --
if [ -f "$SRC" ]; then set -- kind=job "$SRC"; fi
bindings=0
for file in "$BEFORE"/*.* "$AFTER"/*.*; do
  [ -f "$file" ] || continue
  case $file in
  "$BEFORE"/*.properties) kind=before bindings=1 ;;
  *.properties) kind=after bindings=1 ;;
  *.regex) kind=regex ;;
  *.references) kind=references ;;
  *.executors) kind=executors ;;
  *) continue ;;
  esac
  set -- "$@" kind=$kind "$file"
done
[ $bindings = 1 ] || fail "found no properties of a binding in $BEFORE or $AFTER"

new=$OUT.tmp
trap 'rm -f "$new"' EXIT
awk -v mode="$MODE" '${MERGE_PROGRAM}' "$@" | cat > "$new"
[ "$(tail -n 1 "$new")" = '# end' ] || exit 1
mv -f "$new" "$OUT"
`.replaceAll(/^ +/gm, '');
