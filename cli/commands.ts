import type { Command } from './command.ts';
import { audit } from './commands/audit.ts';
import { completionOf } from './commands/completion.ts';
import { copy } from './commands/copy.ts';
import { doctor } from './commands/doctor.ts';
import { explain } from './commands/explain.ts';
import { exportKeys } from './commands/export.ts';
import { get } from './commands/get.ts';
import { importKeys } from './commands/import.ts';
import { list } from './commands/list.ts';
import { migrate } from './commands/migrate.ts';
import { rm } from './commands/rm.ts';
import { rollback } from './commands/rollback.ts';
import { set } from './commands/set.ts';
import { stores } from './commands/stores.ts';
import { usage } from './commands/usage.ts';
import { versions } from './commands/versions.ts';

/** All commands, in the order in which the help shows them. */
export const COMMANDS: readonly Command[] = [
  ...[stores, list, get, set, rm],
  ...[versions, rollback, usage, audit],
  ...[copy, importKeys, exportKeys, migrate],
  ...[explain, doctor],
  completionOf(() => COMMANDS),
];
