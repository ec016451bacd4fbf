import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';
import { parse, stringify } from 'yaml';

import { helm } from '../../deploy/manifests/helm.ts';
import { chart, manifests } from './rendered-chart.ts';
import type { Manifest } from './rendered-chart.ts';

const folder = join(import.meta.dirname, 'golden');
const suffix = '.values.yaml';
const names = (await readdir(folder))
  .filter((file) => file.endsWith(suffix))
  .map((file) => file.slice(0, -suffix.length));
/** Nobody can be asked for the definitions that are there: on an upgrade, all of them are then taken to be missing. */
const options: Readonly<Record<string, readonly string[]>> = { upgrade: ['--is-upgrade'] };

describe('the chart with the values of', function () {
  this.timeout(60_000); // helm may have to be unpacked first
  const golden = (file: string): string => join(folder, file);

  for (const name of names) {
    it(`${name} makes what was recorded`, async () => {
      const text = recorded(
        await objects(),
        await objects('--values', golden(`${name}${suffix}`), ...(options[name] ?? [])),
      );
      if (process.env['RECORD_GOLDEN'] !== undefined) await writeFile(golden(`${name}.yaml`), text);
      expect(text).to.equal(await readFile(golden(`${name}.yaml`), 'utf8'));
    });
  }

  it('the recorded sets uses every value of the chart but the plain ones', async () => {
    const used = await Promise.all(
      names.map(async (name) => parse(await readFile(golden(`${name}${suffix}`), 'utf8')) as object),
    );
    const all = parse(await readFile(join(chart, 'values.yaml'), 'utf8')) as object;
    const missing = Object.keys(all).filter((key) => !used.some((values) => key in values));
    expect(missing.join(' ')).to.equal(
      'fullnameOverride namespaces logLevel clusterDomain crds affinity labels annotations',
    );
  });
});

async function objects(...args: readonly string[]): Promise<readonly Manifest[]> {
  return manifests(await helm('template', 'try', chart, '--namespace', 'apart', ...args));
}

/** What is there that is not there by default, or is otherwise; and what is gone. */
function recorded(before: readonly Manifest[], after: readonly Manifest[]): string {
  const id = ({ kind, metadata }: Manifest): string => `${kind}/${metadata.name}`;
  const known = new Map(before.map((object) => [id(object), stringify(object)]));
  const shown = after.filter((object) => known.get(id(object)) !== stringify(object));
  const ids = new Set(after.map(id));
  const gone = [...known.keys()].filter((key) => !ids.has(key)).map((key) => `# gone: ${key}\n`);
  return gone.join('') + shown.map((object) => stringify(shortened(object), { lineWidth: 0 })).join('---\n');
}

/** Without the texts of the chart's other files. */
function shortened(object: Manifest): unknown {
  return JSON.parse(JSON.stringify(object), (_, value: unknown) => {
    const isFile = typeof value === 'string' && value.split('\n').length > 10;
    return isFile ? `(${value.split('\n', 1)[0] ?? ''} …)` : value;
  });
}
