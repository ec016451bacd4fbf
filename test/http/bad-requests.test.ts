import { expect } from 'chai';
import { createAuthority } from '../../operator/webhook/certificates.ts';
import { CANARY, ordersWorld, type ApiWorld, type Call } from './api-world.ts';

const STORE = '/api/v1/namespaces/platform/stores/default';

describe('the API, to what is not right,', () => {
  let world: ApiWorld;

  before(async () => {
    world = await ordersWorld(await createAuthority(new Date()));
  });

  beforeEach(() => {
    world.log.length = 0;
  });

  after(() => world.stop());

  const big = JSON.stringify({ value: 'x'.repeat(10 * 1_048_576) });
  const BAD: Readonly<Record<string, readonly [string, Call, number, RegExp]>> = {
    'a key that climbs': [`${STORE}/values/orders/../../x`, {}, 400, /form of a key/],
    'a key that climbs, encoded': [`${STORE}/values/orders/%2e%2e/x`, {}, 400, /form of a key/],
    'a key that climbs, encoded twice': [`${STORE}/values/orders/%252e%252e/x`, {}, 400, /form of a key/],
    'an empty key': [`${STORE}/values/`, {}, 400, /form of a key/],
    'an empty segment': [`${STORE}/values/a//b`, {}, 400, /form of a key/],
    'a NUL in a key': [`${STORE}/values/a%00b`, {}, 400, /form of a key/],
    'a line break in a key': [`${STORE}/values/a%0d%0ab`, {}, 400, /form of a key/],
    'an encoding that is none': [`${STORE}/values/a%zz`, {}, 400, /encoded/],
    'an encoding that is no UTF-8': [`${STORE}/values/%ff`, {}, 400, /encoded/],
    'a key of 600 characters': [`${STORE}/values/${'a'.repeat(600)}`, {}, 400, /form of a key/],
    'a store that can not be': ['/api/v1/namespaces/platform/stores/%2e%2e/keys', {}, 400, /no store/],
    'a namespace that can not be': ['/api/v1/namespaces/A_B/stores/default/keys', {}, 400, /no namespace/],
    'a consumer that can not be': [`${STORE}/keys?consumer=A_B`, {}, 400, /consumer/],
    'two consumers': [`${STORE}/keys?consumer=analytics&consumer=other`, {}, 400, /consumer/],
    'a store that is not there': ['/api/v1/namespaces/platform/stores/nowhere/keys', {}, 404, /no store nowhere/],
    'a group that climbs': [`${STORE}/keys?group=..%2Fx`, {}, 400, /group has not the right form/],
    'a limit of 0': [`${STORE}/keys?limit=0`, {}, 400, /limit must be >= 1/],
    'a limit that is no number': [`${STORE}/keys?limit=${CANARY}`, {}, 400, /limit must be integer/],
    'a token of a page that is none': [`${STORE}/keys?continue=${CANARY}`, {}, 400, /continue/],
    'a token of an audit’s page that is none': [`${STORE}/audit?continue=x-1`, {}, 400, /continue/],
    'a query that nobody asked for': [`${STORE}/keys?access_token=${CANARY}`, {}, 400, /additional properties/],
    'a write without a body': [`${STORE}/keys/A`, { method: 'PUT' }, 400, /the body/],
    'a write without a value': [`${STORE}/keys/A`, { method: 'PUT', body: {} }, 400, /the body is {"value"/],
    'a value that is null': [`${STORE}/keys/A`, { method: 'PUT', body: { value: null } }, 400, /value must be string/],
    'a value that is a number': [`${STORE}/keys/A`, { method: 'PUT', body: { value: 5 } }, 400, /value must be string/],
    'half of a character': [`${STORE}/keys/A`, { method: 'PUT', raw: '{"value":"\\ud800"}' }, 400, /no text/],
    'two values': [`${STORE}/keys/A`, { method: 'PUT', body: { value: CANARY, valueBase64: '' } }, 400, /one of both/],
    'what is no base64': [
      `${STORE}/keys/A`,
      { method: 'PUT', body: { valueBase64: `${CANARY}!` } },
      400,
      /valueBase64 has not the right form/,
    ],
    'a member that nobody knows': [
      `${STORE}/keys/A`,
      { method: 'PUT', body: { value: 'a', [CANARY]: 1 } },
      400,
      /additional properties/,
    ],
    'broken JSON': [`${STORE}/keys/A`, { method: 'PUT', raw: `{"value": "${CANARY}` }, 400, /no JSON/],
    'a list': [`${STORE}/keys/A`, { method: 'PUT', body: [CANARY] }, 400, /the body is/],
    'a prototype': [
      `${STORE}/keys/A`,
      { method: 'PUT', raw: '{"value":"a","__proto__":{}}' },
      400,
      /additional properties/,
    ],
    'a body of 10 MiB': [`${STORE}/keys/A`, { method: 'PUT', raw: big }, 413, /larger than 2 MiB/],
    'a value of more than 1 MiB': [
      `${STORE}/keys/A`,
      { method: 'PUT', body: { value: 'x'.repeat(1_048_577) } },
      413,
      /too large/,
    ],
    'a value of 1 MiB in characters that are more': [
      `${STORE}/keys/A`,
      { method: 'PUT', body: { value: 'ä'.repeat(600_000) } },
      413,
      /too large/,
    ],
    'another content type': [
      `${STORE}/keys/A`,
      { method: 'PUT', raw: 'value=x', headers: { 'content-type': 'text/plain' } },
      415,
      /json/,
    ],
    'a method that is none here': [`${STORE}/values/A`, { method: 'HEAD' }, 405, /^$/],
    'a preflight of another site': [
      `${STORE}/keys/A`,
      { method: 'OPTIONS', headers: { origin: 'https://evil' } },
      405,
      /GET, PUT, DELETE alone/,
    ],
    'a cookie instead of a token': [`${STORE}/keys`, { as: '', headers: { cookie: 'token=owner' } }, 401, /Bearer/],
  };
  for (const [name, [path, call, expected, detail]] of Object.entries(BAD)) {
    it(`answers ${expected} to ${name}`, async () => {
      const answer = await world.call(path, call);
      expect(answer.status).to.equal(expected);
      expect((answer.json['detail'] as string | undefined) ?? '').to.match(detail);
      expect(world.audited.filter(({ result }) => ['ok', 'created'].includes(result))).to.deep.equal([]);
    });
  }
});
