import { expect } from 'chai';
import { createAuthority, type KeyPair } from '../../operator/webhook/certificates.ts';
import { eventually } from '../doubles/eventually.ts';
import { ordersWorld, type ApiWorld } from './api-world.ts';
import { exchange, RawClient } from './raw-client.ts';

const STORE = '/api/v1/namespaces/platform/stores/default';
const KEYS = `GET ${STORE}/keys HTTP/1.1`;
const PUT = `PUT ${STORE}/keys/orders/RAW HTTP/1.1`;
const HOST = 'Host: svc.operator.svc';
const OWNER = 'Authorization: Bearer owner';
const JSON_TYPE = 'Content-Type: application/json';
const CLOSE = 'Connection: close';
const BODY = '{"value":"a"}';

describe('the API’s server, to what is written by hand,', () => {
  let authority: KeyPair;
  let world: ApiWorld;

  before(async () => {
    authority = await createAuthority(new Date());
    world = await ordersWorld(authority);
  });

  after(() => world.stop());

  /** Lines of a request, and the statuses of all that is answered to them. */
  const CASES: Readonly<Record<string, readonly [readonly string[], readonly number[]]>> = {
    'two lengths': [[PUT, HOST, OWNER, 'Content-Length: 13', 'Content-Length: 5', '', BODY], [400]],
    'a length and chunks': [
      [PUT, HOST, OWNER, JSON_TYPE, 'Content-Length: 13', 'Transfer-Encoding: chunked', '', 'd', BODY, '0', '', ''],
      [400],
    ],
    'an encoding that nobody knows': [[PUT, HOST, OWNER, 'Transfer-Encoding: xchunked', '', BODY], [400]],
    'a length that is none': [[PUT, HOST, OWNER, 'Content-Length: +13', '', BODY], [400]],
    'a blank before a colon': [[KEYS, HOST, 'Authorization : Bearer owner', '', ''], [400]],
    'a folded header': [[KEYS, HOST, 'X: a', ' b', OWNER, CLOSE, '', ''], [400]],
    'a NUL in a header': [[KEYS, HOST, 'X: a\0b', OWNER, '', ''], [400]],
    'lines without carriage returns': [[`${KEYS}\n${HOST}\n${OWNER}\n\n`], [400]],
    'no host': [[KEYS, OWNER, CLOSE, '', ''], [400]],
    'what is no HTTP': [['canary-7d1e', '', ''], [400]],
    'headers of 40 KiB': [[KEYS, HOST, `X: ${'canary'.repeat(7000)}`, '', ''], [431]],
    'a whole URL': [[`GET https://elsewhere${STORE}/keys HTTP/1.1`, HOST, OWNER, CLOSE, '', ''], [200]],
    'a star': [['OPTIONS * HTTP/1.1', HOST, OWNER, CLOSE, '', ''], [404]],
    'a tunnel': [['CONNECT elsewhere:443 HTTP/1.1', HOST, OWNER, '', ''], []],
    'another protocol': [
      [KEYS, HOST, 'Upgrade: websocket', 'Connection: close, upgrade', 'Sec-WebSocket-Version: 13', '', ''],
      [401],
    ],
    TRACE: [[KEYS.replace('GET', 'TRACE'), HOST, OWNER, CLOSE, '', ''], [405]],
    'two tokens': [[KEYS, HOST, OWNER, 'Authorization: Bearer viewer', CLOSE, '', ''], [400]],
    'another method in a header': [
      [`GET ${STORE}/keys/ROOT HTTP/1.1`, HOST, OWNER, 'X-HTTP-Method-Override: DELETE', CLOSE, '', ''],
      [200],
    ],
    'a request within another’s body': [
      [KEYS, HOST, OWNER, CLOSE, 'Content-Length: 56', '', 'GET /api/v1/whoami HTTP/1.1', HOST, '', ''],
      [400],
    ],
    'two requests at once': [
      [KEYS, HOST, OWNER, '', KEYS, HOST, CLOSE, '', ''],
      [200, 401],
    ],
    'a body that waits, of nobody': [
      [PUT, HOST, JSON_TYPE, 'Content-Length: 13', 'Expect: 100-continue', CLOSE, '', ''],
      [401],
    ],
    'a body that waits, and is too large': [
      [PUT, HOST, OWNER, JSON_TYPE, 'Content-Length: 3000000', 'Expect: 100-continue', CLOSE, '', ''],
      [413],
    ],
    'a body that waits': [
      [PUT, HOST, OWNER, JSON_TYPE, 'Content-Length: 13', 'Expect: 100-continue', CLOSE, '', BODY],
      [100, 201],
    ],
    'something else that is expected': [
      [PUT, HOST, OWNER, JSON_TYPE, 'Content-Length: 13', 'Expect: a-miracle', CLOSE, '', BODY],
      [417],
    ],
    chunks: [[PUT, HOST, OWNER, JSON_TYPE, 'Transfer-Encoding: chunked', CLOSE, '', 'd', BODY, '0', '', ''], [200]],
    'chunks without an end': [[PUT, HOST, OWNER, JSON_TYPE, 'Transfer-Encoding: chunked', CLOSE, '', 'zz', ''], [400]],
    'another encoding of characters': [
      [PUT, HOST, OWNER, `${JSON_TYPE}; charset=utf-16`, 'Content-Length: 13', CLOSE, '', BODY],
      [415],
    ],
    'what is not UTF-8': [[PUT, HOST, OWNER, JSON_TYPE, 'Content-Length: 13', CLOSE, '', '{"value":"\xe4"}'], [400]],
    'a compressed body': [
      [PUT, HOST, OWNER, JSON_TYPE, 'Content-Encoding: gzip', 'Content-Length: 13', CLOSE, '', BODY],
      [415],
    ],
  };
  for (const [name, [lines, statuses]] of Object.entries(CASES)) {
    it(`answers ${statuses.join(', ') || 'nothing'} to ${name}`, async () => {
      const said = await exchange(world.port, authority.cert, lines);
      expect(said.statuses, said.text).to.deep.equal(statuses);
      expect(said.text).not.to.contain('canary');
      const last = said.statuses.at(-1) ?? 0;
      if (last >= 400) expect(said.text).to.match(/content-type: application\/problem\+json/i);
      if (last >= 400) expect(said.text).to.match(/cache-control: no-store/i);
    });
  }

  it('takes an address from the connection, not from a header', async () => {
    world.log.length = 0;
    const asked = [`GET ${STORE}/values/ROOT HTTP/1.1`, HOST, OWNER];
    await exchange(world.port, authority.cert, [
      ...asked,
      'X-Forwarded-For: 1.2.3.4',
      'Forwarded: for=1.2.3.4',
      CLOSE,
      '',
      '',
    ]);
    expect(world.audited.map(({ address }) => address)).to.deep.equal(['127.0.0.1']);
  });

  it('puts nothing of a caller’s own line breaks into the log', async () => {
    world.log.length = 0;
    world.users.set('odd', { username: 'odd\n{"audit":true,"result":"ok"}' });
    await world.call(`${STORE}/values/ROOT`, { as: 'odd' });
    expect(world.log.map((line) => line.trimEnd().split('\n').length)).to.deep.equal([1]);
    expect(world.audited[0]).to.include({ result: 'denied' });
  });

  it('begins no second answer on a connection that breaks within the first', async () => {
    const client = await RawClient.open(world.port, authority.cert);
    client.write(KEYS, HOST, OWNER, '', '');
    await eventually(() => client.said.statuses.length === 1);
    client.write('canary-7d1e', '', '');
    expect((await client.closed()).statuses).to.deep.equal([200, 400]);
  });
});
