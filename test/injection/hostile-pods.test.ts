import { expect } from 'chai';
import { decide } from '../../operator/injection/decide.ts';
import { explain } from '../../operator/injection/explain/explain.ts';
import { podSubject } from '../../operator/injection/explain/manifest.ts';
import { golden, key, view, type FullPod, type GoldenPod } from './bindings.ts';

// Whoever may make a pod, or ask for an explanation, writes these texts: none may hold the process up. What is quadratic takes
// seconds for these lengths, and hours for those that the API server lets through.

/** Below what Linux takes as one argument, beyond which a script is not read. */
const LENGTH = 120_000;
/** Of this thread's CPU time, as others may use the machine meanwhile: ten times what it is. Quadratic is a hundred times more. */
const MOST_MS = 4_000;

const of = (text: string, end = ''): string => text.repeat(Math.floor(LENGTH / text.length)) + end;
const HOSTILE: Readonly<Record<string, string>> = {
  'beginnings of references': of('${secrets.'),
  references: of('${secrets.A}'),
  'beginnings of variables': of('$('),
  'slashes and a letter': of('/', 'x'),
  'blanks and a letter': of(' ', 'x'),
  'options of a shell': `-${of('c', '!')}`,
  dashes: of('-', 'x'),
  commands: of('a&'),
  words: of('a '),
  quotes: of('"'),
  backslashes: of('\\'),
  'properties, after a launcher': `spark-submit ${of('--conf "spark.a=$(b" ')}`,
  'references, after a launcher': `spark-submit ${of('--conf spark.a=${secrets.A} ')}`,
};

const VIEWS = [
  view('orders', {
    spec: {
      env: [{ name: 'A', key: 'orders/A' }],
      sparkConf: [{ name: 'spark.x', key: 'orders/A' }],
      files: [{ path: 'a', key: 'orders/A' }],
    },
    referenceKeys: [key('A')],
  }),
];

type Place = readonly (string | number)[];

/** Where a pod's texts are. */
function* placesIn(value: unknown, at: Place = []): Generator<Place> {
  if (typeof value === 'string') yield at;
  else if (typeof value === 'object' && value !== null)
    for (const [name, member] of Object.entries(value)) yield* placesIn(member, [...at, name]);
}

function replaced(pod: FullPod, at: Place, text: string): FullPod {
  const copy = structuredClone(pod);
  let inner = copy as unknown as Record<string, unknown>;
  for (const name of at.slice(0, -1)) inner = inner[name] as Record<string, unknown>;
  inner[String(at.at(-1))] = text;
  return copy;
}

/** CPU time in milliseconds. */
function costOf(pod: FullPod): number {
  const before = process.threadCpuUsage();
  decide(pod, VIEWS, 'run0000000');
  explain(podSubject(pod), VIEWS, {});
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

/** The pod, and the same started by a shell's script. */
function variants(name: GoldenPod): FullPod[] {
  const pod = golden(name);
  const [driver, ...others] = pod.spec.containers;
  if (driver === undefined) throw new Error('no container');
  const mounts = [...(driver.volumeMounts ?? []), { name: 'x', mountPath: '/opt/spark/conf/x', subPathExpr: '$(A)' }];
  const container = { ...driver, volumeMounts: mounts };
  const command = ['bash', '-ec', 'spark-submit --conf a=b --properties-file /a/b x'];
  return [container, { ...container, command, args: [] }].map((each) => ({
    ...pod,
    spec: { ...pod.spec, containers: [each, ...others] },
  }));
}

/** One text of the pod replaced by a hostile one, for each of both. */
function* hostile(name: GoldenPod): Generator<{ readonly what: string; readonly pod: FullPod }> {
  for (const pod of variants(name)) {
    const places = [...placesIn({ metadata: pod.metadata, spec: { containers: pod.spec.containers.slice(0, 1) } })];
    const cases = places.flatMap((at) => Object.entries(HOSTILE).map(([what, text]) => ({ at, what, text })));
    for (const { at, what, text } of cases) yield { what: `${at.join('.')}: ${what}`, pod: replaced(pod, at, text) };
  }
}

describe('a hostile pod', function () {
  this.timeout(120_000);

  for (const name of ['spark-3.5-python-proxy-user', 'kubeflow-connect-server'] as const) {
    it(`costs no more than a moment, whatever its texts are: ${name}`, () => {
      const slow = [...hostile(name)]
        .map(({ what, pod }) => ({ what, cost: costOf(pod) }))
        .filter(({ cost }) => cost > MOST_MS);
      expect(slow).to.deep.equal([]);
    });
  }

  it('costs no more than a moment, however much is in it', () => {
    const [pod] = variants('kubeflow-application-driver');
    const [driver, ...others] = pod?.spec.containers ?? [];
    if (pod === undefined || driver === undefined) throw new Error('no container');
    const many = <T>(make: (index: number) => T): T[] => Array.from({ length: 20_000 }, (_, index) => make(index));
    const changes = {
      env: many((index) => ({ name: `E${index}`, value: 'a${secrets.A}' })),
      volumeMounts: many((index) => ({
        name: 'a',
        mountPath: `/opt/spark/conf/${index}`,
        subPathExpr: `$(E${index})`,
      })),
      args: ['driver', ...many((index) => ['--conf', `spark.a${index}=\${secrets.A}`]).flat(), 'local:///a.jar'],
    };
    for (const [what, list] of Object.entries(changes)) {
      const containers = [{ ...driver, [what]: list }, ...others];
      expect(costOf({ ...pod, spec: { ...pod.spec, containers } }), what).to.be.below(MOST_MS);
    }
  });
});
