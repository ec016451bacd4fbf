import { createHash } from 'node:crypto';

/** What one pod of a job was given: the short hash of each value, null where there is none. */
export interface Report {
  /** `driver`, or `executor N`. */
  readonly pod: string;
  readonly env: Readonly<Record<string, string | null>>;
  readonly conf: Readonly<Record<string, string | null>>;
}

/** What pods are to be given, in clear. */
export interface Expected {
  readonly env: Readonly<Record<string, string>>;
  readonly conf: Readonly<Record<string, string>>;
}

/** One line of the comparison. */
export interface Comparison {
  readonly pod: string;
  readonly what: string;
  readonly expected: string;
  readonly received: string;
  readonly ok: boolean;
}

const MARK = 'REPORT ';

/** The first 8 hex digits of the SHA-256 of a text's UTF-8, or of bytes. */
export function shortDigest(value: string | Buffer): string {
  return createHash('sha256').update(value).digest('hex').slice(0, 8);
}

/** The reports among the lines of a driver's log. */
export function parseReports(log: string): readonly Report[] {
  const lines = log.split('\n').filter((line) => line.startsWith(MARK));
  return lines.map((line) => JSON.parse(line.slice(MARK.length)) as Report);
}

/** Every variable and property of every pod: what was to come, and what came. */
export function compare(reports: readonly Report[], expected: Expected): readonly Comparison[] {
  return reports.flatMap(({ pod, env, conf }) => [
    ...compareEach(pod, 'env', expected.env, env),
    ...compareEach(pod, 'conf', expected.conf, conf),
  ]);
}

function compareEach(
  pod: string,
  kind: string,
  values: Readonly<Record<string, string>>,
  received: Readonly<Record<string, string | null>>,
): Comparison[] {
  return Object.entries(values).map(([name, value]) => {
    const expected = shortDigest(value);
    const came = received[name] ?? 'nothing';
    return { pod, what: `${kind} ${name}`, expected, received: came, ok: came === expected };
  });
}
