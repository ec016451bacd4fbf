import type { GeneratedFile } from './chart-crds.ts';

/** One line of a graph: PromQL, and what the line is called ({{label}} is filled in by Grafana). */
interface Query {
  readonly expr: string;
  readonly legend?: string;
}

/** A panel as people think of it; `panelOf` gives it the form of Grafana. */
interface Panel {
  readonly title: string;
  /** Shown behind the i: what it means, what to do. */
  readonly about: string;
  readonly type: 'stat' | 'timeseries';
  readonly unit?: 's' | 'short' | 'reqps' | 'bytes' | 'percentunit';
  /** From which value on it is red; below it, when `low`. */
  readonly alarm?: { readonly at: number; readonly low?: true };
  readonly queries: readonly Query[];
}

interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

const GRID_WIDTH = 24;
const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };
const RATE = '$__rate_interval';

const state: Row = {
  title: 'Is it well?',
  panels: [
    {
      title: 'Leaders',
      about: 'Replicas that reconcile: there should be one.',
      type: 'stat',
      alarm: { at: 1, low: true },
      queries: [{ expr: 'sum(spark_secrets_leader)' }],
    },
    {
      title: 'Replicas',
      about: 'Pods that are scraped, by what they do: all of it, unless the chart has the parts apart.',
      type: 'stat',
      alarm: { at: 1, low: true },
      queries: [{ expr: 'sum by (role) (spark_secrets_role)', legend: '{{role}}' }],
    },
    {
      title: 'Bindings that are Ready',
      about: 'kubectl get sjsb -A lists them.',
      type: 'stat',
      queries: [{ expr: 'sum(spark_secrets_bindings{ready="true"})' }],
    },
    {
      title: 'Bindings that are not',
      about: 'kubectl get sjsb -A -o wide says of each what to do.',
      type: 'stat',
      alarm: { at: 1 },
      queries: [{ expr: 'sum(spark_secrets_bindings{ready="false"})' }],
    },
    {
      title: 'Stores that do not answer',
      about: 'Jobs go on starting with the values of the last good read.',
      type: 'stat',
      alarm: { at: 1 },
      queries: [
        { expr: 'count((spark_secrets_store_up == 0) and on (instance) (spark_secrets_leader == 1)) or vector(0)' },
      ],
    },
    {
      title: 'Pods without their secrets, a day',
      about: 'Created while the webhook was not called: events with the reason SecretsNotInjected name them.',
      type: 'stat',
      alarm: { at: 1 },
      queries: [{ expr: 'round(sum(increase(spark_secrets_missed_injections_total[1d])))' }],
    },
    {
      title: 'Credentials on lease',
      about: 'Made for runs of applications that are under way.',
      type: 'stat',
      queries: [{ expr: 'sum(max by (namespace, store) (spark_secrets_leases)) or vector(0)' }],
    },
    {
      title: 'Certificate ends in',
      about: 'The operator renews it by itself.',
      type: 'stat',
      unit: 's',
      alarm: { at: 259_200, low: true },
      queries: [{ expr: 'min(spark_secrets_certificate_expiry_seconds)' }],
    },
  ],
};

const webhook: Row = {
  title: 'Webhook: Spark drivers',
  panels: [
    {
      title: 'Pods by outcome',
      about:
        'patched: given secrets. unchanged: no binding selects it. denied: its secrets are not to be had. error: a fault.',
      type: 'timeseries',
      unit: 'reqps',
      queries: [{ expr: `sum by (outcome) (rate(spark_secrets_injections_total[${RATE}]))`, legend: '{{outcome}}' }],
    },
    {
      title: 'Time of an answer',
      about: 'The API server gives up after 10 s.',
      type: 'timeseries',
      unit: 's',
      queries: ['0.5', '0.9', '0.99'].map((quantile) => ({
        expr: `histogram_quantile(${quantile}, sum by (le) (rate(spark_secrets_admission_duration_seconds_bucket[${RATE}])))`,
        legend: `p${Number(quantile) * 100}`,
      })),
    },
  ],
};

const stores: Row = {
  title: 'Stores',
  panels: [
    {
      title: 'Seconds since a store last answered',
      about: 'Of the replica that leads. It grows while a store is down.',
      type: 'timeseries',
      unit: 's',
      queries: [
        {
          expr: 'spark_secrets_store_last_answer_age_seconds and on (instance) (spark_secrets_leader == 1)',
          legend: '{{namespace}}/{{store}}',
        },
      ],
    },
    {
      title: 'Requests',
      about: 'By store and operation. They do not grow with the number of executors.',
      type: 'timeseries',
      unit: 'reqps',
      queries: [
        {
          expr: `sum by (namespace, store, operation) (rate(spark_secrets_store_requests_total[${RATE}]))`,
          legend: '{{namespace}}/{{store}} {{operation}}',
        },
      ],
    },
    {
      title: 'Requests that fail',
      about: 'As a part of all requests to the store.',
      type: 'timeseries',
      unit: 'percentunit',
      queries: [
        {
          expr:
            `sum by (namespace, store) (rate(spark_secrets_store_requests_total{outcome="error"}[${RATE}])) / ` +
            `sum by (namespace, store) (rate(spark_secrets_store_requests_total[${RATE}]))`,
          legend: '{{namespace}}/{{store}}',
        },
      ],
    },
  ],
};

const controllers: Row = {
  title: 'Controllers',
  panels: [
    {
      title: 'Runs',
      about: 'error: tried again. terminal: trying again can not help. A quiet cluster causes few.',
      type: 'timeseries',
      unit: 'reqps',
      queries: [
        {
          expr: `sum by (controller, outcome) (rate(spark_secrets_reconcile_total[${RATE}]))`,
          legend: '{{controller}} {{outcome}}',
        },
      ],
    },
    {
      title: 'Time of a run, p99',
      about: 'A run of a binding waits for its store.',
      type: 'timeseries',
      unit: 's',
      queries: [
        {
          expr: `histogram_quantile(0.99, sum by (controller, le) (rate(spark_secrets_reconcile_duration_seconds_bucket[${RATE}])))`,
          legend: '{{controller}}',
        },
      ],
    },
    {
      title: 'Waiting',
      about: 'Objects that wait to be looked at.',
      type: 'timeseries',
      queries: [{ expr: 'sum by (controller) (spark_secrets_queue_depth)', legend: '{{controller}}' }],
    },
    {
      title: 'Watched namespaces that can not be read',
      about:
        'Of a chart with a list of namespaces: its Role there is missing, no Spark driver starts. docs/namespaces.md',
      type: 'timeseries',
      queries: [{ expr: 'sum by (namespace) (spark_secrets_namespace_readable == 0)', legend: '{{namespace}}' }],
    },
  ],
};

const ofProcess = (expr: string): Query => ({
  expr: `${expr} and on (instance) spark_secrets_leader`,
  legend: '{{instance}}',
});

const processes: Row = {
  title: 'Processes',
  panels: [
    {
      title: 'Memory',
      about: 'Resident. The heap may take half of the limit.',
      type: 'timeseries',
      unit: 'bytes',
      queries: [ofProcess('process_resident_memory_bytes')],
    },
    {
      title: 'CPU',
      about: 'Cores. One is the most that a replica can use.',
      type: 'timeseries',
      unit: 'short',
      queries: [ofProcess(`rate(process_cpu_seconds_total[${RATE}])`)],
    },
    {
      title: 'Event loop',
      about: 'How late the process gets to what it has to do: above a second, answers of the webhook are late.',
      type: 'timeseries',
      unit: 's',
      queries: [ofProcess('nodejs_eventloop_lag_seconds')],
    },
  ],
};

/** The dashboard of the chart, for Grafana 10 and later. Its panels are the rows above, made the same way each. */
export function dashboard(): GeneratedFile {
  const panels: object[] = [];
  let y = 0;
  for (const { title, panels: inRow } of [state, webhook, stores, controllers, processes]) {
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title,
      collapsed: false,
      panels: [],
      gridPos: { x: 0, y, w: GRID_WIDTH, h: 1 },
    });
    const w = GRID_WIDTH / inRow.length;
    const h = inRow[0]?.type === 'stat' ? 4 : 8;
    for (const [index, panel] of inRow.entries())
      panels.push(panelOf(panel, { id: panels.length + 1, gridPos: { x: index * w, y: y + 1, w, h } }));
    y += h + 1;
  }
  const model = {
    uid: 'spark-secrets-operator',
    title: 'Spark secrets operator',
    tags: ['spark', 'secrets'],
    schemaVersion: 39,
    editable: true,
    refresh: '1m',
    time: { from: 'now-6h', to: 'now' },
    templating: { list: [{ name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' }] },
    panels,
  };
  return { path: 'deploy/chart/files/dashboard.json', content: `${JSON.stringify(model, null, 2)}\n` };
}

function panelOf({ title, about, type, unit = 'short', alarm, queries }: Panel, place: object): object {
  return {
    ...place,
    title,
    description: about,
    type,
    datasource: DATASOURCE,
    fieldConfig: { defaults: { unit, min: 0, ...colours(type, alarm) }, overrides: [] },
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + index),
      datasource: DATASOURCE,
      expr,
      ...(legend === undefined ? {} : { legendFormat: legend }),
    })),
    ...(type === 'stat' ? { options: { reduceOptions: { calcs: ['lastNotNull'] }, graphMode: 'none' } } : {}),
  };
}

function colours(type: Panel['type'], alarm: Panel['alarm']): object {
  if (type !== 'stat') return {};
  const [below, above] = alarm?.low === true ? ['red', 'green'] : ['green', 'red'];
  const steps = [{ color: below, value: null }, ...(alarm === undefined ? [] : [{ color: above, value: alarm.at }])];
  return { color: { mode: 'thresholds' }, thresholds: { mode: 'absolute', steps } };
}
