/**
 * What becomes of a pod:
 *
 * - `Injected`: it has secrets already; `ifCreatedNow` says what one that is created now would get.
 * - `WouldInject`: a pod like this gets what the selected bindings give.
 * - `Waits`: a selected binding is not reconciled yet; the webhook waits for it some seconds, then refuses.
 * - `Refused`: the webhook refuses it, for the reasons in `messages`.
 * - `NotSelected`: it is left as it is.
 */
export type Verdict = 'Injected' | 'WouldInject' | 'Waits' | 'Refused' | 'NotSelected';

/** Why a pod gets which secrets, or none. JSON as it is; holds names and keys, never a value. */
export interface Explanation {
  readonly subject: ExplainedSubject;
  readonly application: {
    /** The names that bindings' `applications` are compared with. */
    readonly names: readonly string[];
    /** Who launched it, as messages call it; null: nobody whom the operator knows. */
    readonly launchedBy: string | null;
  };
  readonly verdict: Verdict;
  /** Why, in sentences; what the webhook would say. */
  readonly messages: readonly string[];
  /** What the webhook would warn of. */
  readonly warnings: readonly string[];
  /** Only for a pod that has secrets. */
  readonly ifCreatedNow?: Outlook;
  /** Every binding of the namespace, by name. */
  readonly bindings: readonly ExplainedBinding[];
  readonly references: readonly ExplainedReference[];
  /** What this explanation can't know. */
  readonly notes: readonly string[];
}

/** What is explained. */
export interface ExplainedSubject {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** What the webhook would answer. */
export interface Outlook {
  readonly verdict: Exclude<Verdict, 'Injected'>;
  readonly messages: readonly string[];
  readonly warnings: readonly string[];
}

/** One binding, seen from a pod. */
export interface ExplainedBinding {
  readonly name: string;
  readonly selected: boolean;
  /** For each part of the selector whether it holds, in words. All have to. */
  readonly reasons: readonly SelectionReason[];
  readonly ready: ExplainedCondition;
  readonly store: { readonly namespace: string; readonly name: string };
  readonly scope: 'Shared' | 'Application';
  readonly gives: readonly ExplainedItem[];
}

/** One part of a selector. */
export interface SelectionReason {
  readonly holds: boolean;
  readonly text: string;
}

/** The binding's condition Ready. */
export interface ExplainedCondition {
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

/** One thing that a binding gives. */
export interface ExplainedItem {
  /** `variables`: those of a group whose keys are not known here. `reference`: what jobs may name as `${secrets.KEY}`. */
  readonly what: 'variable' | 'variables' | 'property' | 'reference' | 'file';
  /** Of the variable, property or file; with a `*` at its end for `variables`. */
  readonly name: string;
  readonly from: ItemSource;
  readonly reaches: readonly ('driver' | 'executors')[];
  /**
   * `SecretKeyRef`: a variable whose value the kubelet takes from the binding's Secret. `Environment`: a property that names
   * a variable, `via`, which holds the value. `Value`: a property that holds the value, in the file that Spark reads.
   * `OnDemand`: only where the job refers to it. `Mount`: a file at `path`.
   */
  readonly delivery: 'SecretKeyRef' | 'Environment' | 'Value' | 'OnDemand' | 'Mount';
  readonly via?: string;
  readonly path?: string;
  /** Why the pod gets something else. */
  readonly note?: string;
}

/** Where something comes from: keys, never texts. */
export interface ItemSource {
  /** `lease`: a field of credentials that are made for each run. `text`: fixed text without a key. */
  readonly kind: 'key' | 'template' | 'lease' | 'group' | 'text' | 'invalid';
  readonly keys: readonly string[];
  /** The group of envFrom or references that names the key. */
  readonly group?: string;
  /** The preset that stands for it. */
  readonly preset?: string;
}

/** A `${secrets.KEY}` of the job. */
export interface ExplainedReference {
  /** `variable NAME` or `property NAME`. */
  readonly where: string;
  readonly key: string;
  /** Names of the selected bindings that cover it. */
  readonly coveredBy: readonly string[];
  /**
   * `Resolved`; `Refused`: the webhook refuses the pod for it; `Stops`: the driver's init container fails; `Left`: it stays as
   * it is written.
   */
  readonly outcome: 'Resolved' | 'Refused' | 'Stops' | 'Left';
  /** Why it is not resolved. */
  readonly problem?: string;
}
