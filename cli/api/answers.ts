// What the API answers, as far as the command reads it: operator/http/schemas.ts has the whole.

/** The condition Ready of a store or a binding. */
export interface Ready {
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

export interface StoreSummary {
  readonly namespace: string;
  readonly name: string;
  readonly type: string;
  readonly ready: Ready;
  readonly keys?: number;
  readonly bindings?: number;
}

/** What a caller may do with the keys of a store. */
export interface StoreInFull extends StoreSummary {
  readonly may: readonly string[];
}

/** A key, or a group of keys. */
export type Entry = { readonly key: string } | { readonly group: string };

/** What became of a write. */
export interface Written {
  readonly key: string;
  readonly version: string;
  readonly created: boolean;
  readonly unchanged?: boolean;
}

export interface PastVersion {
  readonly version: string;
  readonly createdAt?: string;
  readonly current: boolean;
}

export interface Usage {
  readonly bindings: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly as: readonly { readonly what: string; readonly name: string }[];
    readonly ready: boolean;
  }[];
  readonly applications: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly driver: string;
    readonly phase: string;
    readonly since: string;
  }[];
  readonly lastChangeTime?: string;
}

export interface AuditEvent {
  readonly time: string;
  readonly caller?: { readonly name: string; readonly pod?: string };
  readonly operation: string;
  readonly key?: string;
  readonly consumer?: string;
  readonly result: string;
}

/** A page of a listing. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly continue?: string;
}
