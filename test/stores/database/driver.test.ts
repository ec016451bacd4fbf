import { PostgresServer } from '../../servers/postgres.ts';
import { storeContract } from '../contract.ts';
import { openStore, Secrets } from './secrets.ts';

let server: PostgresServer;
let url: string;
let secrets: Secrets;
let tables = 0;

describe('the store in PostgreSQL', function () {
  this.timeout(20_000);
  before(async function () {
    this.timeout(120_000);
    server = await PostgresServer.start();
    url = await server.createDatabase('keeper', 'right');
  });
  after(async () => {
    await server.remove();
  });

  storeContract('the store in PostgreSQL', {
    open: () => {
      secrets = new Secrets(url);
      return Promise.resolve(openStore(secrets, { table: `contract_${++tables}` }));
    },
    fail: (code) => {
      secrets.data['db']!['url'] =
        code === 'StoreUnreachable' ? url.replace(String(server.port), '1') : url.replace(':right@', ':wrong@');
    },
    pushes: true,
    // Three pages of a listing, and three pieces of a read.
    manyKeys: 3_000,
    history: { keepsRemoved: true },
  });
});
