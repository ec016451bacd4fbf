/**
 * POSIX sh (dash, busybox, bash) that makes the driver's properties file. From the environment:
 *
 * - SRC: the job's own file, as Spark wrote it (one property a line: `Properties.store`)
 * - OUT: the file to write; it appears at once and whole
 * - BEFORE, AFTER: folders with `*.properties` and `*.regex` of the bindings whose precedence is Pod, and Binding. The
 *   last line of a name wins in a properties file. Either folder may be missing.
 *
 * A failing command ends it (`set -e`). Output goes to OUT's neighbour through `exec`, because busybox goes on when the
 * redirection of a `{ }` group fails.
 *
 * No message of it holds anything that a file holds, and it is never traced (`set -x`). It uses no here-documents, which
 * would need a writable /tmp.
 */
export const MERGE_SCRIPT = String.raw`set -eu
umask 022
LC_ALL=C
export LC_ALL

fail() {
  echo "spark-secrets: $1" >&2
  exit 1
}

bindings=0
for file in "$BEFORE"/*.properties "$AFTER"/*.properties; do
  if [ -f "$file" ]; then bindings=$((bindings + 1)); fi
done
[ "$bindings" -gt 0 ] || fail "found no properties of a binding in $BEFORE or $AFTER"
[ -f "$SRC" ] && [ -r "$SRC" ] || fail "can not read the properties file of the job, $SRC"

# A variable that the job gives its executors itself stays as it is where the job has precedence.
own=$(sed -n 's/^spark\.executorEnv\.\([A-Za-z0-9_]*\)=.*/\/^spark\\.kubernetes\\.executor\\.secretKeyRef\\.\1=\/d/p' "$SRC")

# The other way round: PySpark hands spark.executorEnv to its workers, over what the executor's container has.
given=$(
  for file in "$AFTER"/*.properties; do
    if [ -f "$file" ]; then
      sed -n 's/^spark\.kubernetes\.executor\.secretKeyRef\.\([A-Za-z0-9_]*\)=.*/\/^spark\\.executorEnv\\.\1=\/d/p' "$file"
    fi
  done
)

# The regex stays escaped as it is in the file; without one of the job, Spark's default of all versions.
if grep -q '^spark\.redaction\.regex=' "$SRC"; then
  regex=$(sed -n -e 's/^spark\.redaction\.regex=//p' "$SRC" | tail -n 1)
else
  regex='(?i)secret|password|token|access[.]?key|credential'
fi

exec > "$OUT.tmp"
for file in "$BEFORE"/*.properties; do
  if [ -f "$file" ]; then
    sed -e "$own" "$file"
    echo
  fi
done
sed -e "$given" "$SRC"
echo
for file in "$AFTER"/*.properties; do
  if [ -f "$file" ]; then
    cat "$file"
    echo
  fi
done
printf 'spark.redaction.regex=(?\\:%s)' "$regex"
for file in "$BEFORE"/*.regex "$AFTER"/*.regex; do
  if [ -f "$file" ]; then tr -d '\n' < "$file"; fi
done
echo
mv -f "$OUT.tmp" "$OUT"
`;
