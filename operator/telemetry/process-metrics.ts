import { collectDefaultMetrics, type Registry } from 'prom-client';

/**
 * Node's own metrics, without the figures of the event loop's delay: they come from a timer, which at a useful resolution
 * costs more CPU than an idle operator does otherwise. `nodejs_eventloop_lag_seconds`, measured at each scrape, stays.
 */
export function collectProcessMetrics(register: Registry): void {
  collectDefaultMetrics({ register, eventLoopMonitoringPrecision: 1_000 });
  for (const figure of ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'])
    register.removeSingleMetric(`nodejs_eventloop_lag_${figure}_seconds`);
}
