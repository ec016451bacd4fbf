import { fieldOf, textOf, type Answer } from './answers.ts';
import type { Connection } from './connection.ts';

/** Whether a server can serve, and, if not, why: in words for a condition. */
export type Health =
  { readonly serves: true; readonly server: string } | { readonly serves: false; readonly why: string };

/**
 * Asks the server how it is (`sys/health`): without a token, and nothing comes into its audit log. Throws
 * StoreUnreachable when it does not answer.
 */
export async function askHealth(connection: Connection, signal: AbortSignal): Promise<Health> {
  const answer = await connection.request({ method: 'GET', path: '/sys/health', ofServer: true }, signal);
  const state = stateIn(answer);
  if (state === undefined) return { serves: false, why: stranger(connection.host, answer.status) };
  if (!state.initialized) return { serves: false, why: 'it is not initialized: run "operator init" and unseal it' };
  if (state.sealed) return { serves: false, why: 'it is sealed: unseal it' };
  if (answer.status === 472) return { serves: false, why: 'it is a disaster recovery secondary: use the primary' };
  if (state.standby && !(await hasActiveNode(connection, signal)))
    return { serves: false, why: 'it is a standby, and no node is active: look at the other nodes' };
  return { serves: true, server: `${textOf(answer.body, 'version') ?? 'unknown version'} at ${connection.host}` };
}

/** What may stand at the endpoint instead of a server, by its answer that no server gives. */
export function stranger(host: string, status: number): string {
  if (status >= 300 && status < 400)
    return `${host} sends its clients elsewhere (HTTP ${status}), which is not followed: set endpoint to the active node, or to an address that leads to it`;
  if (status >= 500 || status === 429)
    return `${host} answers with HTTP ${status}, which comes from something before it`;
  return `what answers at ${host} is no Vault or OpenBao (HTTP ${status})`;
}

interface State {
  readonly initialized: boolean;
  readonly sealed: boolean;
  readonly standby: boolean;
}

function stateIn({ body }: Answer): State | undefined {
  const [initialized, sealed, standby] = ['initialized', 'sealed', 'standby'].map((name) => fieldOf(body, name));
  if (typeof initialized !== 'boolean' || typeof sealed !== 'boolean') return undefined;
  return { initialized, sealed, standby: standby === true };
}

/** A standby hands requests on to the active node, if there is one. */
async function hasActiveNode(connection: Connection, signal: AbortSignal): Promise<boolean> {
  const { body } = await connection.request({ method: 'GET', path: '/sys/leader', ofServer: true }, signal);
  return (textOf(body, 'leader_address') ?? '') !== '';
}
