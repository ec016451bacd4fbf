import { RESERVED_ENV, SHOWN } from '../conf-key.ts';

/**
 * The awk program of the merge script, for single quotes of a shell. It holds none, and `$` before `{` only where
 * TypeScript puts something in. It keeps to what mawk, busybox awk and gawk share.
 *
 * Operands are pairs `kind=KIND FILE`, KIND one of job, before, after (properties), regex, references, executors. Its
 * variable `mode` is MODE of the script; EXTRA it reads from the environment. Unless all is well it prints nothing, says
 * on standard error what is wrong, and exits with 1; otherwise `# end` is its last line. It starts no command: awk would
 * start /bin/sh for that, which the operator's image does not have.
 *
 * - `data[kind, name]`: the line that wins within a kind; name and value have the escapes of a properties file
 * - `names[kind, 1 to count[kind]]`: the names, in order
 * - `known[key]`: what a `.references` file has for the key, `$` where no property can hold it, from the Secret `from[key]`
 * - `secretRef[key]`: what the `.executors` files make of it, `SECRET\:DATAKEY`
 * - `final[name]`, `order[1 to total]`: the outcome
 *
 * Lines are read as java.util.Properties reads them. A value is put in once, from left to right, and not looked at again:
 * no text in a value can make a reference, whatever the job writes beside it. A backslash that Java ignores, as in
 * `\${secrets.a}`, is dropped before, or it would change the first character of what is put in. In names, not in values,
 * `\u0041` is taken for A: no spelling of a name slips past the rules. So `\u0024{secrets.a}` is how a job writes that
 * text.
 *
 * In the redaction regex ours come first, and without groups that count: the job's may end in a comment or in a quotation
 * that nothing ends, and may refer to its own groups.
 *
 * The rules of `refusal` are those of conf-key.ts, with all that is republished: a test compares them.
 */
export const MERGE_PROGRAM = String.raw`
function problem(text) {
  text = "spark-secrets: " substr(text, 1, 400) "\n"
  if (text in said) return
  said[text] = 1
  if (++problems > 10 || length(report text) > 1950) more++
  else report = report text
}

function put(name, value) {
  if (!(name in final)) order[++total] = name
  final[name] = value
}

# The character of 0020 to 007e
function ascii(hex) {
  hex = tolower(hex)
  if (hex !~ /^00[2-7][0-9a-f]$/ || hex == "007f") return ""
  return sprintf("%c", 16 * substr(hex, 3, 1) + index("123456789abcdef", substr(hex, 4, 1)))
}

# By parts of a long text, none of which ends within an escape: what is left is copied for each escape
function escapes(text, isArgument, name,    out, part) {
  while (text != "") {
    part = substr(text, 1, 999)
    if (part != text && substr(part, 994) ~ /\\/) {
      match(part, /^([^\\]|\\u....|\\[^u])*/)
      part = substr(part, 1, RLENGTH)
    }
    text = substr(text, length(part) + 1)
    out = out (isArgument ? argument(part, name) : canonical(part))
  }
  return out
}

# Without needless escapes
function canonical(text, isName,    out, at, size, char) {
  if (text !~ /\\[^tnrfu\\=:#! ]/ && !(isName && text ~ /\\u/)) return text
  while (at = index(text, "\\")) {
    size = 2
    char = substr(text, at + 1, 1)
    if (isName && char == "u" && ascii(substr(text, at + 2, 4)) != "") {
      size = 6
      char = ascii(substr(text, at + 2, 4))
    }
    out = out substr(text, 1, at - 1) (index("\\=:#! \t\f", char) || size == 2 && index("tnrfu", char) ? "\\" : "") char
    text = substr(text, at + size)
  }
  return out text
}

function property(text,    name) {
  match(text, /^([^\\=: \t\f]|\\.)*/)
  name = canonical(substr(text, 1, RLENGTH), 1)
  text = substr(text, RLENGTH + 1)
  sub(/^[ \t\f]*[=:]?[ \t\f]*/, "", text)
  if (!((where, name) in data)) names[where, ++count[where]] = name
  data[where, name] = escapes(text)
}

function flush() {
  if (held != "") property(held)
  held = ""
}

function line(text,    size) {
  sub(/^[ \t\f]+/, "", text)
  if (held == "" && text ~ /^([#!]|$)/) return
  size = length(text)
  while (size > 0 && substr(text, size, 1) == "\\") size--
  if ((length(text) - size) % 2) {
    held = held substr(text, 1, length(text) - 1)
  } else {
    held = held text
    flush()
  }
}

function lines(text, end,    piece, at, last) {
  last = split(text, piece, end)
  if (!last) line("")
  for (at = 1; at <= last; at++) line(piece[at])
}

function entry(    at, key, text, source) {
  at = index($0, "=")
  key = at ? substr($0, 1, at - 1) : $0
  text = at ? substr($0, at + 1) : "$"
  if (kind == "executors") {
    secretRef[key] = text
    return
  }
  source = FILENAME
  sub(/^.*\//, "", source)
  sub(/[.]references$/, "", source)
  if (!(key in known)) {
    known[key] = text
    from[key] = source
  } else if (known[key] != text) {
    if (!(key in clash)) clash[key] = from[key]
    clash[key] = clash[key] ", " source
  }
}

function isClear(key) {
  if (key in clash) problem("key " key " is covered by two bindings with different stores or values (" clash[key] "): leave it in the references of one")
  return !(key in clash)
}

function uncovered(key, name) {
  problem("the job refers to " start key "} in " name ", but no binding that selects it covers this key: add it to references of a SparkJobSecretBinding")
}

function lookUp(key, name) {
  if (!isClear(key)) return
  if (!(key in known)) uncovered(key, name)
  else if (known[key] != "$") return known[key]
  else problem("the value of " key " can\047t be a Spark property (not text, or a space or control character at its start or end): use it as an environment variable")
}

function resolve(name, value,    out, at, key) {
  while (at = index(value, start)) {
    out = out substr(value, 1, at - 1)
    value = substr(value, at + 10)
    at = index(value, "}")
    key = substr(value, 1, at - 1)
    if (key !~ /^[A-Za-z0-9._\/-]+$/) {
      problem(name ": what follows " start " is no key: a key has letters, digits and ._-/ only, and } ends it")
      return
    }
    out = out lookUp(key, name)
    value = substr(value, at + 1)
  }
  return out value
}

function refusal(name) {
  if (name ~ /^spark[.]executorEnv[.]/) return "a reference inside a longer value would show in executor pod specs: use env with a template in the binding, or make the reference the whole value"
  if (name ~ /^spark[.](auth|rpc|network|port[.]|kubernetes[.])|^spark[.].*[.]port$/ || name ~ /^spark[.]ssl/ && name !~ /Password/) return "Spark writes this property into pod specs in clear: use an environment variable"
  if (name ~ /^spark[.](driver|executor)[.](extra|default)JavaOptions$/) return "Java options show in command lines: use an environment variable"
  if (name ~ /^spark[.](redaction[.].*|master|submit[.].*|app[.](id|name)|driver[.](host|bindAddress))$/ || name ~ /${SHOWN.source}/) return "Spark shows or sets this property: write it without a reference"
}

# A name as a regex: both have the escapes of a properties file
function literal(name,    out, at, char) {
  for (at = 1; at <= length(name); at++) {
    char = substr(name, at, 1)
    if (char == "\\") {
      char = substr(name, ++at, 1)
      out = out (char ~ /[tnrfu]/ ? "\\" : "\\\\\\") char
    } else if (char == ".") out = out "[.]"
    else out = out (char ~ /[A-Za-z0-9_@-]|[^ -~]/ ? "" : "\\\\") char
  }
  return out
}

function redact(name) {
  regexes = regexes "|^" (name ~ /^spark[.]hadoop[.]/ ? "(?:spark[.]hadoop[.])?" literal(substr(name, 14)) : literal(name)) "$"
}

function job(name, value,    key, variable, why) {
  if (name ~ /^spark[.]executorEnv[.][A-Za-z0-9_.-]+$/) {
    variable = secretKeyRef substr(name, 19)
    if (value ~ /^[$][{]secrets[.][A-Za-z0-9._\/-]+[}][ \t\f]*$/) key = substr(value, 11, index(value, "}") - 11)
    if (key != "" && substr(name, 19) ~ /${RESERVED_ENV.source}/) {
      problem(name ": the JVM or Spark would show its value in a log or a command line: choose another variable")
      return
    }
    if (key in secretRef) {
      if (isClear(key)) put(variable, secretRef[key])
      return
    }
    if (("after", variable) in data) return
    if (key != "") {
      uncovered(key, name)
      return
    }
  }
  if (index(value, start) && name !~ /^spark[.]kubernetes[.]driverEnv[.]/) {
    if ((why = refusal(name)) != "") problem(name ": " why)
    else value = resolve(name, value)
    redact(name)
  }
  put(name, value)
}

function foreign(name) {
  problem(name " has characters outside ASCII, which Java\047s argument file can\047t carry: use an environment variable")
}

# From the escapes of a properties file to those of an argument file
function argument(text, name,    out, char, size) {
  if (text ~ /[^ -~\t\f]/) return foreign(name)
  while (match(text, /["\\]/)) {
    char = substr(text, RSTART, size = 1)
    if (char == "\\") {
      size = 2
      char = substr(text, RSTART + 1, 1)
      if (char == "u") {
        size = 6
        if ((char = ascii(substr(text, RSTART + 2, 4))) == "") return foreign(name)
      } else if (char ~ /[tnrf]/) char = "\\" char
    }
    out = out substr(text, 1, RSTART - 1) (char ~ /^["\\]$/ ? "\\" : "") char
    text = substr(text, RSTART + size)
  }
  return out text
}

function add(kind,    at, name) {
  for (at = 1; at <= count[kind]; at++) {
    name = names[kind, at]
    if (kind == "job") job(name, data[kind, name])
    else if (kind == "after" || !(name in final || index(name, secretKeyRef) == 1 && "spark.executorEnv." substr(name, 40) in final)) put(name, data[kind, name])
  }
}

# Where the API of the operator is: both, or what the job says itself
function tell(    own, url, ca) {
  own = "spark.executorEnv."
  url = "SPARK_SECRETS_API_URL"
  ca = "SPARK_SECRETS_API_CA"
  if (ENVIRON[url] == "" || (own url) in final || (own ca) in final) return
  put(own url, ENVIRON[url])
  put(own ca, ENVIRON[ca])
}

kind ~ /^(references|executors)$/ {
  entry()
  next
}
kind == "regex" {
  gsub(/[(]spark/, "(?:spark")
  regexes = regexes $0
  next
}
{
  if (FNR == 1) flush()
  where = kind
  sub(/\r$/, "")
  lines($0, "\r")
}

END {
  flush()
  where = "job"
  lines(ENVIRON["EXTRA"], "\n")
  flush()

  start = "$" "{secrets."
  secretKeyRef = "spark.kubernetes.executor.secretKeyRef."
  add("job")
  add("before")
  add("after")
  tell()
  name = "spark.redaction.regex"
  regex = ("job", name) in data ? data["job", name] : "(?i)secret|password|token|access[.]?key|credential"
  put(name, substr(regexes "|", 2) regex)

  for (i = 1; i <= total; i++) {
    name = order[i]
    out[i] = mode == "jvm" ? "\"-D" argument(name, name) "=" escapes(final[name], 1, name) "\"" : name "=" final[name]
  }
  if (problems) {
    if (more) report = report "spark-secrets: and " more " more\n"
    printf "%s", report > "/dev/stderr"
    exit 1
  }
  for (i = 1; i <= total; i++) print out[i]
  print "# end"
}
`;
