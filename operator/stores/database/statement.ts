/** After so long the server ends a statement of ours by itself, also when nobody waits for it any more. */
export const STATEMENT_MS = 10_000;

/** One SQL statement of PostgreSQL, with its values apart from it. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
  /** It may have been carried out when its answer is lost, and must not be sent again. */
  readonly writes?: true;
}
