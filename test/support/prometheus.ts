/** One line of a page of metrics. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The samples of one metric on a page in Prometheus' text format. */
export function samplesOf(page: string, metric: string): Sample[] {
  return page
    .split('\n')
    .filter((line) => line.startsWith(`${metric}{`) || line.startsWith(`${metric} `))
    .map((line) => {
      const pairs = line.matchAll(/([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g);
      const labels = Object.fromEntries([...pairs].map(([, name = '', value = '']): [string, string] => [name, value]));
      return { labels, value: Number(line.slice(line.lastIndexOf(' ') + 1)) };
    });
}

/** The sum over all labels; 0 when the metric is not there. */
export function sumOf(page: string, metric: string): number {
  return samplesOf(page, metric).reduce((sum, { value }) => sum + value, 0);
}
