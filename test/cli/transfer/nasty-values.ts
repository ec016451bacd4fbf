import { CANARY } from '../../http/api-world.ts';

/** All that a value may be, by the last part of its key; each has the canary in it, the empty one aside. */
export const NASTY: Readonly<Record<string, Buffer>> = {
  LINES: Buffer.from(`${CANARY}\none\r\ntwo\n\n`),
  QUOTES: Buffer.from(`it's "${CANARY}" \`\\n\` $HOME \${x} %s`),
  EMOJI: Buffer.from(`${CANARY} 🚀 Größe \u2028\u202e\ufeff`),
  ZERO: Buffer.from(`${CANARY}\0\u0001\u001b[2J`),
  SPACE: Buffer.from(` \t${CANARY} \t`),
  JSON: Buffer.from(JSON.stringify({ value: CANARY, encoding: 'base64' })),
  BYTES: Buffer.concat([Buffer.from(CANARY), Buffer.from(Array.from({ length: 256 }, (_, at) => at))]),
  'LONG-TEXT': Buffer.from(CANARY.padEnd(65_536, 'é')),
  'LONG.BYTES': Buffer.concat([Buffer.from(CANARY), Buffer.alloc(65_536 - CANARY.length, 0xfe)]),
  EMPTY: Buffer.alloc(0),
};

/** In every text that has the canary's bytes, or their base64, in it: at a place where that begins with a group of three. */
export const TRACES = [CANARY, Buffer.from(CANARY).toString('base64').slice(0, 12)];
