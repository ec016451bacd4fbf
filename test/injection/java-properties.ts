import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Reads a properties file as Spark does; one line for each: key and value in base64, and whether the regex finds the key. */
const SOURCE = `
import java.io.*; import java.nio.charset.StandardCharsets; import java.util.*; import java.util.regex.Pattern;
public class PropertiesReader {
  public static void main(String[] args) throws Exception {
    Properties properties = new Properties();
    try (Reader in = new InputStreamReader(new FileInputStream(args[0]), StandardCharsets.UTF_8)) { properties.load(in); }
    Pattern regex = Pattern.compile(properties.getProperty("spark.redaction.regex", "(?!)"));
    StringBuilder out = new StringBuilder();
    for (String name : properties.stringPropertyNames()) {
      out.append(encode(name)).append(' ').append(encode(properties.getProperty(name))).append(' ')
        .append(regex.matcher(name).find()).append('\\n');
    }
    System.out.print(out);
  }
  static String encode(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_16BE)) + "=";
  }
}`;

export interface JavaProperties {
  readonly values: ReadonlyMap<string, string>;
  /** The keys that `spark.redaction.regex` of the file finds. */
  readonly redacted: ReadonlySet<string>;
}

let compiled: string | undefined;

/** What `java.util.Properties` reads in a file with this content. Needs a JDK (11 or later) on the PATH. */
export function readWithJava(content: string | Buffer): JavaProperties {
  compiled ??= compile();
  writeFileSync(join(compiled, 'it.properties'), content);
  const output = run('java', ['-XX:TieredStopAtLevel=1', 'PropertiesReader', 'it.properties'], compiled);
  const lines = output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(' '));
  const entries = lines.map(([name = '', value = '', found]) => ({ name: decode(name), value: decode(value), found }));
  return {
    values: new Map(entries.map(({ name, value }) => [name, value])),
    redacted: new Set(entries.filter(({ found }) => found === 'true').map(({ name }) => name)),
  };
}

function compile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'java-properties-'));
  process.once('exit', () => {
    rmSync(folder, { recursive: true });
  });
  writeFileSync(join(folder, 'PropertiesReader.java'), SOURCE);
  run('javac', ['PropertiesReader.java'], folder);
  return folder;
}

function run(command: string, args: readonly string[], cwd: string): string {
  const { error, status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    timeout: 60_000,
    maxBuffer: 64 << 20,
  });
  if (error)
    throw new Error(`${command} does not start: install a JDK, such as apt-get install openjdk-17-jdk-headless`, {
      cause: error,
    });
  if (status !== 0) throw new Error(`${command} failed: ${stderr}`);
  return stdout;
}

/** Java's UTF-16 units, so that a lone surrogate would show. */
function decode(base64: string): string {
  return Buffer.from(base64, 'base64').swap16().toString('utf16le');
}
