import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';
import { parse } from 'yaml';

import { Metrics } from '../../operator/telemetry/metrics.ts';
import { promtool } from '../servers/promtool.ts';
import { usesOf } from './promql.ts';
import { chart, only, rendered } from './rendered-chart.ts';

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}
interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat?: string }[];
}

const FILE = join(chart, 'files', 'alerts.yaml');
/** What Prometheus adds to everything that it scrapes. */
const SCRAPED = ['instance', 'job'];

/** Every series that the operator can have: its name, and the labels of it. */
async function series(): Promise<ReadonlyMap<string, readonly string[]>> {
  const metrics = new Metrics();
  const store = { namespace: 'n', store: 's', type: 'vault' };
  metrics.reconciled('binding', 'success', 1);
  metrics.admitted('patched', 1);
  metrics.missedInjection();
  metrics.watchQueue('binding', () => 1);
  metrics.storeRequest(store, 'readMany', 'success');
  metrics.watchStores(() => [{ ...store, isWell: true, lastGood: new Date() }]);
  metrics.watchLeases(() => [{ namespace: 'n', store: 's', count: 1 }]);
  metrics.setBindings({ ready: 1, notReady: 1 });
  metrics.watchNamespaces(() => [{ namespace: 'n', isReadable: false }]);
  metrics.setCertificateEnd(new Date());
  metrics.setRoles(['webhook']);
  metrics.setLeader(true);
  const lines = (await metrics.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const [, name = '', labels = ''] = /^(\w+)(?:\{(.*)\})? /.exec(line) ?? [];
      return [name, [...labels.matchAll(/(\w+)="/g)].map(([, label = '']) => label)];
    }),
  );
}

/** What an expression, or the words with it, asks for and the operator does not have. */
function unknown(known: ReadonlyMap<string, readonly string[]>, expr: string, words: readonly string[]): string[] {
  const { selectors, labels } = usesOf(expr);
  const wrong = selectors.flatMap(({ metric, labels: asked }) => {
    const has = known.get(metric);
    if (has === undefined) return [`metric ${metric}`];
    return asked.filter((label) => !has.includes(label)).map((label) => `label ${label} of ${metric}`);
  });
  const available = new Set([...SCRAPED, ...selectors.flatMap(({ metric }) => known.get(metric) ?? [])]);
  return [...wrong, ...[...labels, ...words].filter((label) => !available.has(label)).map((label) => `label ${label}`)];
}

describe('the alerts', function () {
  this.timeout(120_000); // promtool may have to be unpacked first
  let alerts: readonly Alert[];

  before(async () => {
    const { groups } = parse(await readFile(FILE, 'utf8')) as { groups: readonly { rules: readonly Alert[] }[] };
    alerts = groups.flatMap(({ rules }) => rules);
    expect(alerts.length).to.be.greaterThan(10);
  });

  it('ask for metrics and labels that the operator has', async () => {
    const known = await series();
    for (const { alert, expr, annotations } of alerts) {
      const words = [
        ...Object.values(annotations)
          .join()
          .matchAll(/\$labels\.(\w+)/g),
      ].map(([, label = '']) => label);
      expect(unknown(known, expr, words), alert).to.deep.equal([]);
    }
  });

  it('fire for what they are there for, as Prometheus itself judges them', async () => {
    expect(await promtool('check', 'rules', FILE)).to.include(`${alerts.length} rules found`);
    const file = join(import.meta.dirname, 'alerts.promtool.yaml');
    expect(await promtool('test', 'rules', file)).to.include('SUCCESS');
    const tried = await readFile(file, 'utf8');
    for (const { alert } of alerts) expect(tried).to.include(alert);
  });

  it('say how bad it is, what is wrong and what to do', () => {
    for (const { alert, labels, annotations } of alerts) {
      expect(labels['severity'], alert).to.be.oneOf(['critical', 'warning', 'info']);
      expect(annotations, alert).to.have.all.keys('summary', 'description');
    }
  });

  it('are in the PrometheusRule as they are, less those that are left out', async () => {
    const set = { 'metrics.prometheusRule.enabled': true, 'metrics.prometheusRule.disabledAlerts': [alerts[0]!.alert] };
    const { groups } = only(await rendered(set), 'PrometheusRule').spec as { groups: { rules: Alert[] }[] };
    expect(groups.flatMap(({ rules }) => rules)).to.deep.equal(alerts.slice(1));
  });
});

describe('the series that alerts and dashboard are compared with', () => {
  it('are those of every metric of the operator', async () => {
    const own = [...(await series()).keys()].filter((name) => name.startsWith('spark_secrets_'));
    const names = new Set(own.map((name) => name.replace(/_(bucket|sum|count)$/, '')));
    expect(new Metrics().definitions.map(({ name }) => name)).to.have.members([...names]);
  });
});

describe('the dashboard', function () {
  this.timeout(60_000);
  let panels: readonly Panel[];

  before(async () => {
    const objects = await rendered({ 'metrics.dashboard.enabled': true });
    const data = objects.find(
      ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name.endsWith('-dashboard'),
    )?.data;
    ({ panels } = JSON.parse(data!['spark-secrets-operator.json']!) as { panels: readonly Panel[] });
    expect(panels.length).to.be.greaterThan(15);
  });

  it('asks for metrics and labels that the operator has', async () => {
    const known = await series();
    for (const { title, targets = [] } of panels)
      for (const { expr, legendFormat = '' } of targets) {
        const words = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
        expect(unknown(known, expr, words), title).to.deep.equal([]);
      }
  });

  it('asks in a way that Prometheus understands', async () => {
    const asked = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    const rules = asked.map((expr, at) => ({ record: `panel:${at}`, expr: expr.replaceAll('$__rate_interval', '5m') }));
    const folder = await mkdtemp(join(tmpdir(), 'dashboard-'));
    try {
      const file = join(folder, 'rules.json');
      await writeFile(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
      expect(await promtool('check', 'rules', file)).to.include(`${asked.length} rules found`);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('shows every metric of the operator', async () => {
    const own = [...(await series()).keys()].filter((name) => name.startsWith('spark_secrets_'));
    const shown = JSON.stringify(panels);
    // Of a histogram the buckets are enough.
    const missing = own.filter((name) => !/_(sum|count)$/.test(name) && !shown.includes(name));
    expect(missing).to.deep.equal([]);
  });

  it('has its panels side by side, none upon another', () => {
    expect(new Set(panels.map(({ id }) => id)).size).to.equal(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).to.equal(cells.length);
    for (const { gridPos } of panels) expect(gridPos.x + gridPos.w).to.be.at.most(24);
  });
});

describe('what an expression asks for', () => {
  it('is found, whatever stands around it', () => {
    expect(
      usesOf('sum by (a, b) (rate(x_total{c="1",d!="2"}[5m])) / on (e) y > 0.5 and z{} or vector(0)'),
    ).to.deep.equal({
      selectors: [
        { metric: 'x_total', labels: ['c', 'd'] },
        { metric: 'y', labels: [] },
        { metric: 'z', labels: [] },
      ],
      labels: ['a', 'b', 'e'],
    });
  });
});
