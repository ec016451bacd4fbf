import type { Treatment } from '../../servers/openbao-proxy.ts';
import type { DatabaseBackend } from './database-backend.ts';
import type { Outage } from './outage.ts';
import type { Scene } from './scene.ts';
import type { VaultBackend } from './vault-backend.ts';

type Outages<Backend> = Readonly<Record<string, (backend: Backend) => Outage>>;

const body = JSON.stringify({ errors: ['by order of a test'] });

/** What may happen on the way to an OpenBao. */
export const WAY_OUTAGES: Outages<VaultBackend> = {
  'takes five seconds for each answer': treated({ delayMs: 5_000 }),
  'asks to be left alone (429 and Retry-After)': treated({
    answer: { status: 429, headers: { 'retry-after': '4' }, body },
  }),
  'is behind a proxy that has no server (503)': treated({ answer: { status: 503, body: 'no server' } }),
};

/** The ways in which an OpenBao itself fails. */
export const VAULT_OUTAGES: Outages<VaultBackend> = {
  'is killed and comes back sealed': ({ server }) => ({
    begin: () => server.kill(),
    end: async () => {
      await server.startAgain();
      await server.unseal();
    },
  }),
  'is sealed': ({ server }) => ({ begin: () => server.seal(), end: () => server.unseal() }),
  hangs: hanging,
};

/** The ways in which a PostgreSQL fails. */
export const DATABASE_OUTAGES: Outages<DatabaseBackend> = {
  'is stopped and started': ({ server }) => ({ begin: () => server.stop(), end: () => server.restart() }),
  'is killed and started': ({ server }) => ({ begin: () => server.kill(), end: () => server.restart() }),
  hangs: hanging,
};

/** The token of the operator is revoked, until somebody puts another one into its Secret. */
export function revokedToken(scene: Scene, backend: VaultBackend): Outage {
  return {
    begin: () => backend.revokeToken(),
    end: async () => {
      await backend.newToken();
      await scene.putSecrets();
    },
    told: { status: 'False', reason: 'AuthenticationFailed', message: /put a new one there.*It last answered at/ },
  };
}

function treated(treatment: Treatment): (backend: VaultBackend) => Outage {
  return ({ proxy }) => ({
    begin: () => {
      proxy.treat(treatment);
    },
    end: () => {
      proxy.treat();
    },
  });
}

function hanging({ server }: { readonly server: { pause(): void; resume(): void } }): Outage {
  return {
    begin: () => {
      server.pause();
    },
    end: () => {
      server.resume();
    },
  };
}
