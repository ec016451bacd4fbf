/** Values that something on the way to a pod might change. */
export const NASTY_VALUES: Readonly<Record<string, string>> = {
  quotes: `'"\`"'`,
  newlines: 'a\nb\r\nc\rd\n',
  separators: '=a:b=c: d',
  comments: '#a !b',
  backslashes: '\\a\\\\b\\n\\u0041\\',
  'shell syntax': '${x} $(id) $x `id` ; rm && "$@" %s %d \\c',
  'references of Hadoop and Spark': '${env.X} ${env:X} ${spark.x} $(VAR)',
  emoji: 'k🔑y \u{1F468}\u200D\u{1F469}',
  'other scripts': 'größe ключ 鍵 \u00a0\u2028\uFEFF',
  'control characters': 'a\t\f\b\u0000\u0001\u007f\u0080z',
  'spaces inside': 'a  b   c',
  'sed syntax': 's/x/&\\1/g;d',
  'a line that looks like a property': 'x\nspark.redaction.regex=none\nspark.x=y',
  empty: '',
  '64 KiB': '0123456789abcde='.repeat(4096),
};

/** `count` texts, the same for the same seed: any UTF-16 text without lone surrogates, shaped to meet every escape. */
export function randomTexts(count: number, seed = 1): string[] {
  let state = seed;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const pools = ['\\=:#! \t\n\r\f', 'abcXYZ019', '${}()"\'`&|;%', 'äßñ鍵€\u0000\u001f\u007f\uFFFF', '🔑👩'].map(
    (pool) => Array.from(pool),
  );
  const char = (): string => {
    const pool = pools[next(pools.length)]!;
    return pool[next(pool.length)]!;
  };
  return Array.from({ length: count }, () => Array.from({ length: next(40) }, char).join(''));
}
