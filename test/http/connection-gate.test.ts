import { expect } from 'chai';
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { ConnectionGate } from '../../operator/http/connection-gate.ts';
import { createAuthority, createServing, type KeyPair } from '../../operator/webhook/certificates.ts';
import { eventually } from '../doubles/eventually.ts';
import { ordersWorld, type ApiWorld } from './api-world.ts';
import { RawClient } from './raw-client.ts';

const STORE = '/api/v1/namespaces/platform/stores/default';
const HOST = 'Host: svc.operator.svc';
/** As the operator's, but sooner. */
const PATIENCE = {
  ...{ handshakeTimeout: 2_000, headersTimeout: 2_000, requestTimeout: 2_000, connectionsCheckingInterval: 50 },
  // The tests' own connections are kept.
  ...{ silence: 3_000, keepAliveTimeout: 60_000, requireHostHeader: false },
};

describe('the gate before the API', function () {
  this.timeout(30_000);
  let authority: KeyPair;

  before(async () => {
    authority = await createAuthority(new Date());
  });

  describe('to those who are slow', () => {
    let world: ApiWorld;
    // They are slow side by side.
    let mute: Socket;
    let half: RawClient;
    let halves: readonly RawClient[];
    let unread: readonly RawClient[];

    before(async () => {
      world = await ordersWorld(authority, undefined, undefined, { patience: PATIENCE });
      // Six times as long in JSON: more than the kernel takes on itself.
      await world.put('BIG', '\u0001'.repeat(1_000_000));
      mute = connect(world.port, '127.0.0.1').resume();
      mute.on('error', () => undefined);
      half = await open(`GET ${STORE}/keys HTTP/1.1`, HOST, '');
      const put = [`PUT ${STORE}/keys/SLOW HTTP/1.1`, HOST, 'Authorization: Bearer editor', 'Content-Length: 100'];
      halves = await all(20, () => open(...put, 'Content-Type: application/json', '', '{"value":"'));
      unread = await all(16, async () => {
        const client = await open();
        client.socket.pause();
        client.write(`GET ${STORE}/values/BIG HTTP/1.1`, HOST, 'Authorization: Bearer owner', '', '');
        return client;
      });
    });

    after(() => world.stop());

    async function open(...lines: readonly string[]): Promise<RawClient> {
      const client = await RawClient.open(world.port, authority.cert);
      client.write(...lines);
      return client;
    }

    function all<T>(count: number, make: () => Promise<T>): Promise<T[]> {
      return Promise.all(Array.from({ length: count }, make));
    }

    async function statusOf(as: string): Promise<number> {
      return (await world.call(`${STORE}/keys`, { as })).status;
    }

    it('gives no more room than one may have, and the others theirs', async () => {
      await eventually(async () => (await statusOf('owner')) === 429);
      expect(await statusOf('viewer')).to.equal(200);
    });

    it('closes a connection on which half a request stands, with 408', async () => {
      expect((await half.closed()).statuses).to.deep.equal([408]);
    });

    it('closes one on which half a body stands, and says one thing', async () => {
      const said = await Promise.all(halves.map((client) => client.closed()));
      expect(new Set(said.map(({ statuses }) => statuses.join(' ')))).to.deep.equal(new Set(['408', '429']));
      await eventually(async () => (await statusOf('editor')) === 200);
      expect(new Set(world.audited.map(({ key, result }) => `${key ?? ''} ${result}`))).to.include('SLOW 400');
    });

    it('closes one on which no handshake begins', async () => {
      if (!mute.closed) await once(mute, 'close');
    });

    it('closes one whose owner does not read what they asked for', async () => {
      await eventually(async () => (await statusOf('owner')) === 200, 20_000);
      for (const { socket } of unread) socket.destroy();
    });

    it('stops in time, whoever is still there', async () => {
      const other = await ordersWorld(authority);
      const socket = connect(other.port, '127.0.0.1').resume();
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      const start = performance.now();
      await other.stop();
      expect(performance.now() - start).to.be.below(2_000);
    });
  });

  describe('to a crowd', () => {
    let server: Server;
    let gate: ConnectionGate;
    let port: number;
    let sockets: Socket[];

    beforeEach(async () => {
      const { cert, key } = await createServing(authority, ['svc.operator.svc'], new Date());
      server = createServer({ cert, key, keepAliveTimeout: 60_000 }, (_request, response) => response.end('well'));
      gate = new ConnectionGate(server, { perSecond: 30, burst: 5, atOnce: 6, waitingOfOne: 50 });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      ({ port } = server.address() as AddressInfo);
      sockets = [];
    });

    afterEach(() => {
      for (const socket of sockets) socket.destroy();
      gate.closeAll();
      server.close();
    });

    it('lets in the one of another address, though many of one wait', async () => {
      const done: string[] = [];
      const arrive = async (address: string): Promise<void> => {
        const client = await RawClient.open(port, authority.cert, address);
        client.socket.destroy();
        done.push(address);
      };
      const start = performance.now();
      await Promise.all([...Array.from({ length: 40 }, () => '127.0.0.1'), '127.0.0.2'].map(arrive));
      expect(done.indexOf('127.0.0.2')).to.be.below(20);
      // 5 at once, then 30 a second.
      expect(performance.now() - start).to.be.above(1_000);
    });

    it('sends away whoever comes to a line that is long, at once, and nothing breaks', async () => {
      let closed = 0;
      for (let number = 0; number < 100; number += 1) {
        const socket = connect({ port, host: '127.0.0.1' });
        socket.on('error', () => undefined).on('close', () => (closed += 1));
        sockets.push(socket);
      }
      await eventually(() => closed > 20);
      expect(closed).to.be.below(60);
      for (const socket of sockets) socket.destroy();
      const client = await RawClient.open(port, authority.cert, '127.0.0.3');
      sockets.push(client.socket);
      client.write('GET / HTTP/1.1', HOST, 'Connection: close', '', '');
      expect((await client.closed()).text).to.contain('well');
    });

    it('has room for so many; for one more, the one that was idle longest is closed', async () => {
      const clients: RawClient[] = [];
      for (let number = 0; number < 6; number += 1) {
        const client = await RawClient.open(port, authority.cert);
        sockets.push(client.socket);
        clients.push(client);
        if (number === 0) continue;
        client.write('GET / HTTP/1.1', HOST, '', '');
        await eventually(() => client.said.statuses.length === 1);
      }
      // The first has not asked yet.
      const [first, second, third] = clients;
      const closed = second?.closed();
      const more = await RawClient.open(port, authority.cert, '127.0.0.2');
      sockets.push(more.socket);
      await closed;
      expect([first?.socket.destroyed, third?.socket.destroyed]).to.deep.equal([false, false]);
    });
  });
});
