/** One SQL statement of PostgreSQL, with its values apart from it. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
  /** It may have been carried out when its answer is lost, and must not be sent again. */
  readonly writes?: true;
}
