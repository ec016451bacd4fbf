import type { OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from 'esbuild';

const CLIENT = '@kubernetes/client-node';
const STAND_IN = 'stand-in';

/**
 * What dot-i's Operator is given for packages that it requires for what it does not do here: it reads no CRD, opens no watch and
 * writes nothing (docs/decisions/0002-dot-i.md). Its constructor makes a client by a kubeconfig, and nobody uses either.
 */
const STAND_INS: ReadonlyMap<string, string> = new Map([
  [CLIENT, 'export class KubeConfig { loadFromDefault() {} makeApiClient() {} } export class CoreV1Api {}'],
  [
    'gaxios',
    "export function request() { throw new Error('gaxios is not in this bundle: dot-i writes nothing here'); }",
  ],
]);

/**
 * Leaves out what can't be reached, which esbuild by itself can't know: all of a package that CommonJS requires has to be
 * there, and client-node has a class for every kind of Kubernetes, and does not say that loading one does nothing else.
 * It is half of the bundle, and 15 MiB of an idle operator (Node 24.21, client-node 2.0.1).
 */
export const withoutUnusedCode: Plugin = {
  name: 'without-unused-code',
  setup(build) {
    const names = [...STAND_INS.keys()].join('|');
    build.onResolve({ filter: new RegExp(`^(?:${names})$`) }, ({ path, importer }) =>
      /[\\/]@dot-i[\\/]/.test(importer) ? { path, namespace: STAND_IN } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: STAND_IN }, ({ path }) => ({ contents: STAND_INS.get(path) ?? '' }));
    build.onResolve({ filter: new RegExp(`^(?:${CLIENT}$|\\.{1,2}/.*\\.js$)`) }, (args) => pure(build, args));
  },
};

/** Of client-node, a module of which nothing is used is left out. It does one thing when loaded: a global that Node 18 lacks. */
async function pure(build: PluginBuild, args: OnResolveArgs): Promise<OnResolveResult | undefined> {
  const { path, importer, kind, resolveDir } = args;
  const isClient = path === CLIENT || /[\\/]@kubernetes[\\/]client-node[\\/]/.test(importer);
  if (!isClient || args.pluginData === STAND_IN) return undefined;
  const found = await build.resolve(path, { importer, kind, resolveDir, pluginData: STAND_IN });
  return { path: found.path, sideEffects: false, errors: found.errors };
}
