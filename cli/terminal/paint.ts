import type { Io } from '../io.ts';

const CODES = { green: 32, yellow: 33, red: 31 } as const;

/** A word in a colour, on a terminal that wants colours (NO_COLOR and TERM=dumb say that it does not). */
export function paint(text: string, colour: keyof typeof CODES, { stdout, env }: Pick<Io, 'stdout' | 'env'>): string {
  const isWanted = stdout.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  return isWanted ? `\u001b[${CODES[colour]}m${text}\u001b[0m` : text;
}
