import type { AuditEvent } from '../api/answers.ts';

/** What somebody did, and what somebody tried who was refused. */
const OPERATIONS: Readonly<Record<string, readonly [string, string]>> = {
  listKeys: ['listed keys', 'list keys'],
  getKey: ['looked at', 'look at'],
  getStore: ['looked at the store', 'look at the store'],
  writeKey: ['wrote', 'write'],
  removeKey: ['deleted', 'delete'],
  revealValue: ['revealed', 'reveal'],
  listVersions: ['listed versions of', 'list versions of'],
  rollBackKey: ['rolled back', 'roll back'],
  getUsage: ['looked who uses', 'look who uses'],
  listAudit: ['read the audit', 'read the audit'],
  readOwnValue: ['read in a pod', 'read in a pod'],
};

const RESULTS: Readonly<Record<string, string>> = {
  ok: '',
  created: 'new',
  unchanged: 'the same value',
  denied: 'denied',
  VersionConflict: 'changed meanwhile',
  InUse: 'in use',
};

/** What somebody did, as words between who and the key. */
export function deedOf(event: AuditEvent): string {
  const [did, wanted] = OPERATIONS[event.operation] ?? [event.operation, event.operation];
  return isRefused(event) ? `tried to ${wanted}` : did;
}

/** What became of it; '': what one would expect. */
export function outcomeOf({ result }: AuditEvent): string {
  return RESULTS[result] ?? result;
}

/** Whether it was not done. */
export function isRefused({ result }: AuditEvent): boolean {
  return !['ok', 'created', 'unchanged'].includes(result);
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const;

/** How long ago something was, in the largest unit that fits. Both in milliseconds. */
export function ago(then: number, now: number): string {
  const seconds = Math.round((now - then) / 1000);
  const format = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
  for (const [unit, length] of UNITS)
    if (Math.abs(seconds) >= length) return format.format(-Math.trunc(seconds / length), unit);
  return Math.abs(seconds) < 10 ? 'just now' : format.format(-seconds, 'second');
}
