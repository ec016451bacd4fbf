import type { Role } from './config.ts';
import type { Informers, Watches } from './watches.ts';

const READ_BY = {
  controller: [
    'bindings',
    'stores',
    'secrets',
    'runs',
    'namespaces',
    'drivers',
    'bareDrivers',
    'bareOptedIn',
    'configuration',
    'certificate',
    'authorities',
  ],
  webhook: ['bindings', 'secrets', 'certificate', 'authorities'],
  api: ['bindings', 'stores', 'secrets', 'namespaces', 'drivers', 'certificate', 'authorities'],
} as const satisfies Record<Role, readonly (keyof Informers)[]>;

/** The watches that a role reads: it can be given no others, and no others are started for it. */
export type WatchesOf<R extends Role> = Pick<Watches, (typeof READ_BY)[R][number] | 'scope'>;

/** The names of the informers that these roles read. */
export function readBy(roles: ReadonlySet<Role>): ReadonlySet<keyof Informers> {
  return new Set([...roles].flatMap((role): readonly (keyof Informers)[] => READ_BY[role]));
}
