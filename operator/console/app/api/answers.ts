/** What the API answers and takes (docs/api.md, /api/v1/openapi.json), as far as the page does. */

export interface StoreName {
  readonly namespace: string;
  readonly name: string;
}

export interface Ready {
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

export interface Store extends StoreName {
  readonly type: string;
  readonly ready: Ready;
  readonly keys?: number;
  readonly bindings?: number;
}

export type Verb = 'list' | 'get' | 'create' | 'update' | 'delete';

export interface Grant {
  readonly keys: readonly string[];
  /** Left out: it is for the consumer that asked. */
  readonly namespaces?: {
    readonly matchNames?: readonly string[];
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  };
}

export interface StoreInFull extends Store {
  readonly may: readonly Verb[];
  readonly grants: readonly Grant[];
  /** RFC 3339. */
  readonly lastCheckTime?: string;
}

export type Entry = { readonly key: string } | { readonly group: string };

/** A part of a list; `continue`: there is more. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly continue?: string;
}

export interface KeyVersion {
  readonly key: string;
  readonly version: string;
}

export interface Written extends KeyVersion {
  readonly created: boolean;
  readonly unchanged?: boolean;
}

/** Text, or base64 of what is none. */
export type ValueBody = { readonly value: string } | { readonly valueBase64: string };

export type Revealed = KeyVersion & ValueBody;

export interface PastVersion {
  readonly version: string;
  readonly createdAt?: string;
  readonly current: boolean;
}

export interface UsingBinding {
  readonly namespace: string;
  readonly name: string;
  readonly as: readonly { readonly what: string; readonly name: string }[];
  readonly ready: boolean;
}

export interface UsingApplication {
  readonly namespace: string;
  readonly name: string;
  readonly driver: string;
  readonly phase: string;
  readonly since: string;
  readonly bindings: readonly string[];
}

export interface Usage {
  readonly bindings: readonly UsingBinding[];
  readonly applications: readonly UsingApplication[];
  readonly lastChangeTime?: string;
}

export interface AuditEvent {
  readonly time: string;
  readonly caller?: { readonly name: string; readonly groups: number; readonly pod?: string };
  readonly address: string;
  readonly operation: string;
  readonly key?: string;
  readonly consumer?: string;
  readonly binding?: string;
  readonly version?: string;
  readonly result: string;
}

export interface Binding {
  readonly name: string;
  readonly store: StoreName;
  readonly ready: Ready;
  readonly applications: number;
}

export interface Caller {
  readonly name: string;
  readonly pod?: string;
}
