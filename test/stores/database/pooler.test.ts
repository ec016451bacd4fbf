import { expect } from 'chai';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { eventually } from '../../doubles/eventually.ts';
import { PATIENT, read, watched, World, write } from './world.ts';

/** PostgreSQL's ErrorResponse: https://www.postgresql.org/docs/current/protocol-message-formats.html */
function errorResponse(code: string, message: string): Buffer {
  const fields = Buffer.from(`SERROR\0VERROR\0C${code}\0M${message}\0\0`);
  const head = Buffer.from('E\0\0\0\0');
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}

describe('a pooler before the database', function () {
  this.timeout(20_000);
  const world = World.make();
  let pooler: Server;
  const sockets = new Set<Socket>();
  let refusals = 0;

  /** As PgBouncer it refuses parameters that it does not know, and lets no notification through. */
  function serve(client: Socket): void {
    sockets.add(client.on('error', () => undefined));
    client.once('data', (startup: Buffer) => {
      if (startup.includes('statement_timeout')) {
        refusals += 1;
        client.end(errorResponse('08P01', 'unsupported startup parameter: statement_timeout'));
        return;
      }
      const server = connect(world.server.port, '127.0.0.1').on('error', () => undefined);
      server.write(startup);
      client.pipe(server);
      server.on('data', (answer: Buffer) => {
        if (!answer.includes('_changed\0')) client.write(answer);
      });
      server.on('close', () => client.destroy());
    });
  }

  before(async () => {
    pooler = createServer(serve);
    await new Promise<void>((resolve) => pooler.listen(0, '127.0.0.1', resolve));
  });
  after(() => {
    for (const socket of sockets) socket.destroy();
    pooler.close();
  });
  beforeEach(() => {
    const { port } = pooler.address() as AddressInfo;
    world.secrets.data['db']!['url'] = world.url.replace(String(world.server.port), String(port));
  });

  it('that refuses our limit of time is used without it', async () => {
    const store = world.open();
    await Promise.all(['a', 'b', 'c'].map((where) => write(store, where, '1')));
    expect(await read(store, ['a', 'b', 'c'])).to.deep.equal({ a: '1', b: '1', c: '1' });
    expect(refusals).to.be.above(0).and.below(5);
  });

  it('that knows no notifications costs some time: the database is asked', async () => {
    const store = world.open();
    const told = await watched(store);
    await write(store, 'a', '1');
    await store.check(PATIENT);
    await eventually(() => told.length > 0);
    expect(told).to.deep.equal(['a']);
  });
});
