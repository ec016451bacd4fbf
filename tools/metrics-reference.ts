import { parse } from 'yaml';
import { Metrics } from '../operator/telemetry/metrics.ts';

/** A rule of deploy/chart/files/alerts.yaml. */
interface Alert {
  readonly alert: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}

/** docs/metrics.md: every metric of the operator as it is registered, and every alert of the text of alerts.yaml. */
export function metricsReference(alerts: string): string {
  const rows = new Metrics().definitions.map(({ name, type, labels, help }) => {
    const shown = labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${type} | ${shown} | ${cell(help)} |`;
  });
  const { groups } = parse(alerts) as { readonly groups: readonly { readonly rules: readonly Alert[] }[] };
  return `<!-- Generated from operator/telemetry/metrics.ts and deploy/chart/files/alerts.yaml by \`npm run generate\`. Do not edit. -->

# Metrics and alerts

How they are scraped, shown and switched on: [monitoring.md](monitoring.md).

## Metrics

Names and labels are stable. No label holds the name of a key, a binding or a pod. Beside these there are Node's own (\`process_*\`, \`nodejs_*\`).
A histogram \`NAME\` is scraped as \`NAME_bucket\` (with the label \`le\`), \`NAME_sum\` and \`NAME_count\`.

| metric | type | labels | meaning |
| --- | --- | --- | --- |
${rows.join('\n')}

## Alerts

| alert | severity | after | what is wrong, and what to do |
| --- | --- | --- | --- |
${groups.flatMap(({ rules }) => rules.map(alertRow)).join('\n')}
`;
}

function alertRow({ alert, labels, annotations, for: after = 'at once' }: Alert): string {
  const words = `${annotations.summary} ${annotations.description}`;
  // What Prometheus fills in, as people write it: {{ $labels.store }} is STORE.
  const text = words
    .replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => label.toUpperCase())
    .replaceAll(/\{\{ \$value[^}]*\}\}/g, 'N');
  return `| \`${alert}\` | ${labels.severity} | ${after} | ${cell(text)} |`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ').trim();
}
