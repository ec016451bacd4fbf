/** A store of a test: how the operator is told of it, and how its owner changes what is in it. */
export interface Backend {
  readonly name: string;
  /** Of the SecretStoreConfig, without grants. */
  readonly spec: object;
  /** The Secrets that the spec names, by name: key → value. */
  readonly secrets: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** How soon a change must be in the Secrets, in milliseconds: for a store that tells, before it would be asked. */
  readonly limitMs: number;
  put(key: string, value: string): Promise<void>;
  remove(key: string): Promise<void>;
  /** All that it keeps where values must not be in clear: its audit log, a dump of it. */
  traces(): Promise<string>;
  stop(): Promise<void>;
}
