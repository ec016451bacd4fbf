/** A number that the benchmark finds. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  /** The value must not be above it; null: only told, for scale. */
  readonly goal: number | null;
  readonly about: string;
}

/** A figure that was measured. */
export interface Result {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly goal: number | null;
  readonly ok: boolean;
}

/** Every figure, in the order of the table. The goals are for 2 cores shared with the API server and etcd. */
export const figures = [
  { name: 'admission-p50', unit: 'ms', goal: null, about: 'one answer of the webhook at 200 pods a second' },
  { name: 'admission-p99', unit: 'ms', goal: 10, about: 'the same, the slowest of a hundred' },
  { name: 'api-served', unit: '/s', goal: null, about: 'answers 200 of 1,000 requests a second by 50 callers' },
  { name: 'api-p50', unit: 'ms', goal: null, about: 'one of them' },
  { name: 'api-p99', unit: 'ms', goal: 250, about: 'the same, the slowest of a hundred' },
  { name: 'api-broken', unit: 'answers', goal: 0, about: 'neither 200 nor 401, 429 and 503 where they belong' },
  { name: 'control-admission', unit: 'ms', goal: null, about: 'the webhook, while 1,000 a second go elsewhere' },
  { name: 'api-admission', unit: 'ms', goal: 20, about: 'the webhook’s slowest of a hundred meanwhile' },
  { name: 'flood-admission', unit: 'ms', goal: 20, about: 'the same while all come from one and from strangers' },
  { name: 'api-delay', unit: 'ms', goal: 5, about: 'what of these two is the operator’s doing' },
  { name: 'api-rss', unit: 'MiB', goal: 80, about: 'memory that the operator has more after both' },
  { name: 'api-back', unit: 'ms', goal: 250, about: 'until somebody else is answered right after' },
  { name: 'kubernetes-page', unit: 'ms', goal: 200, about: 'API, 10,000 keys in a Secret: a page of 200' },
  { name: 'kubernetes-all', unit: 'ms', goal: 1000, about: 'all of them, ten pages' },
  { name: 'kubernetes-search', unit: 'ms', goal: 500, about: 'the one whose path contains a text' },
  { name: 'database-page', unit: 'ms', goal: 200, about: 'the same with PostgreSQL' },
  { name: 'database-all', unit: 'ms', goal: 2000, about: 'all of them' },
  { name: 'database-search', unit: 'ms', goal: 500, about: 'the one' },
  { name: 'control-1000', unit: 's', goal: null, about: '1,000 bindings created where no operator is' },
  { name: 'created-1000', unit: 's', goal: null, about: 'the same with the operator at work: the client is done' },
  { name: 'ready-1000', unit: 's', goal: 7.5, about: 'from the first of them to the last one Ready' },
  { name: 'one-more-p50', unit: 'ms', goal: 20, about: 'one more binding, from its creation to Ready' },
  { name: 'one-more-p99', unit: 'ms', goal: 60, about: 'the same, the slowest of a hundred' },
  { name: 'rss-idle', unit: 'MiB', goal: 110, about: 'memory of the operator without bindings' },
  { name: 'rss-1000', unit: 'MiB', goal: 150, about: 'memory of the operator after 1,000 became Ready' },
  { name: 'restart-writes', unit: 'writes', goal: 0, about: 'writes around a restart, nothing changed' },
  { name: 'restart-reads', unit: 'reads', goal: null, about: 'store reads in the first minute of it' },
  { name: 'quiet-cpu', unit: 's', goal: 1, about: 'CPU time of the operator in a quiet minute with 1,000' },
  { name: 'vault-first-reads', unit: 'reads', goal: 200, about: 'OpenBao: reads of values until 1,000 are Ready' },
  { name: 'vault-requests', unit: '/s', goal: 20, about: 'the same at rest, a refresh every 10 s; by its audit log' },
  { name: 'vault-writes', unit: 'writes', goal: 0, about: 'to the API server in that minute' },
  { name: 'vault-cpu', unit: 's', goal: 1, about: 'CPU time of the operator in that minute' },
  { name: 'vault-change', unit: 's', goal: 11, about: 'a value of 15 bindings changed: until 15 Secrets have it' },
  { name: 'database-change', unit: 's', goal: 1, about: 'the same with PostgreSQL' },
  { name: 'kubernetes-change', unit: 's', goal: 1, about: 'the same with a Kubernetes Secret' },
  { name: 'outage-told', unit: 's', goal: 10, about: 'OpenBao hangs: until its store and 1,000 bindings say so' },
  { name: 'outage-over', unit: 's', goal: null, about: 'it answers again: until 1,000 are Ready again' },
  {
    name: 'page-first-paint',
    unit: 'ms',
    goal: 1000,
    about: 'the Secrets page in Chromium, the slowest of ten first loads',
  },
  { name: 'page-bytes', unit: 'kB', goal: 100, about: 'all that such a load fetches' },
  { name: 'page-10000', unit: 'ms', goal: 1000, about: 'a folder of 10,000 keys: from the click until it is shown' },
  { name: 'page-10000-search', unit: 'ms', goal: 1000, about: 'one of them: from the last letter until it is found' },
] as const satisfies readonly Figure[];

export type FigureName = (typeof figures)[number]['name'];

/** Values by figure, as a scenario found them. */
export type Values = Partial<Record<FigureName, number>>;

/** The figure with its value, rounded to what the table shows: three digits, or whole above 100. */
export function resultOf(name: FigureName, measured: number): Result {
  const { unit, goal } = figureOf(name);
  const value = measured >= 100 ? Math.round(measured) : Number(measured.toPrecision(3));
  return { name, value, unit, goal, ok: goal === null || measured <= goal };
}

/** The table's line of a result. */
export function lineOf({ name, value, unit, goal, ok }: Result): string {
  const mark = goal === null ? '' : ok ? `goal ${goal}` : `goal ${goal}: MISSED`;
  const amount = `${value} ${unit}`;
  return `${name.padEnd(17)} ${amount.padStart(12)}  ${mark.padEnd(18)} ${figureOf(name).about}`;
}

function figureOf(name: string): Figure {
  const figure = figures.find((each) => each.name === name);
  if (figure === undefined) throw new Error(`there is no figure ${name}`);
  return figure;
}
