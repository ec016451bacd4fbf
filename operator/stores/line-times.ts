/** When a store counts as failing, and how often it is asked. All in milliseconds. */
export interface LineTimes {
  /** How long after the last answer a store is asked whether it still answers. */
  readonly probeMs: number;
  /** How long it may take for that. */
  readonly lateMs: number;
  /** A store that failed must be quicker than this to count as well again, so that a slow one does not come and go. */
  readonly promptMs: number;
  /** How long after a single failed request it is asked again, before anybody is told. */
  readonly againMs: number;
  /** How often a store that fails is asked. */
  readonly retryMs: number;
  /** A read that takes longer than this, while no other is answered, is that of a store that does not answer. */
  readonly readMs: number;
  /** When any request is given up; until then an answer is taken, however late it is. */
  readonly requestMs: number;
  /** A store that fails again so soon after it did is unsteady: it must answer more than once to count as well. */
  readonly unsteadyMs: number;
}

/** A store that hangs is told of within five seconds, one that is back within three. */
export const LINE_TIMES: LineTimes = {
  probeMs: 1_500,
  lateMs: 3_000,
  promptMs: 2_000,
  againMs: 500,
  retryMs: 1_000,
  readMs: 8_000,
  requestMs: 30_000,
  unsteadyMs: 30_000,
};
