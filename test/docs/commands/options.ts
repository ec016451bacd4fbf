/**
 * Programs that are not asked themselves, as they need not be on a machine that tests: their commands, and the options of
 * each that pages use. One that is missing here is to be added by somebody who looked it up.
 */
const KNOWN: Readonly<Record<string, string>> = {
  age: '-r -i --decrypt',
  base64: '-d',
  cat: '',
  'cosign attest': '--type --predicate',
  'cosign sign': '',
  'cosign verify': '',
  'cosign verify-attestation': '--type',
  curl: '--cacert --connect-to -H -d',
  'docker build': '-f -t --target --output',
  'docker buildx build': '-f --provenance --build-arg --output',
  'docker buildx imagetools inspect': '',
  'docker push': '',
  echo: '---',
  export: '',
  'git -c tar.umask=0022 archive': '',
  'git diff': '',
  'git get-tar-commit-id': '',
  'go mod tidy': '-e',
  gpg: '--encrypt -r',
  grep: '',
  'openssl rand': '-base64',
  'pip install': '',
  printf: '',
  'python3 -m spark_secrets': '',
  'python3 -m unittest discover': '-t -s',
  'python3 -m zipfile': '-c',
  sed: '',
  sha256sum: '',
  sort: '',
  touch: '',
  xz: '-9e',
  xzcat: '',
};

/** @throws Error that says what to add */
export function checkOptions(words: readonly string[]): void {
  const line = words.join(' ');
  const command = Object.keys(KNOWN)
    .filter((name) => line === name || line.startsWith(`${name} `))
    .sort((a, b) => b.length - a.length)[0];
  const add = 'look it up, and add it to test/docs/commands/options.ts';
  if (command === undefined)
    throw new Error(`what is to be checked of "${words.slice(0, 2).join(' ')}" is not known: ${add}`);
  const options = new Set((KNOWN[command] ?? '').split(' '));
  const used = words.slice(command.split(' ').length).map((word) => word.split('=')[0] ?? '');
  const unknown = used.find((word) => /^-./.test(word) && !options.has(word));
  if (unknown !== undefined) throw new Error(`${command} with ${unknown} is not known: ${add}`);
}

/** Programs that are known here. */
export const PROGRAMS: readonly string[] = [...new Set(Object.keys(KNOWN).map((name) => name.split(' ')[0] ?? ''))];
