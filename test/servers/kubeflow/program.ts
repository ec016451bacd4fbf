import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached, shortHash } from '../../../deploy/local/cache.ts';
import { goToolchain } from '../../../deploy/local/go-toolchain.ts';
import { withProgress } from '../../../deploy/local/progress.ts';
import { run } from '../../../deploy/local/run.ts';

/** What is built of Kubeflow's Spark operator. */
export interface KubeflowProgram {
  /** A folder with nothing but the program `spark-operator`: controller and webhook in one. */
  readonly programs: string;
  /** The folder of its Helm chart, CRDs included. */
  readonly chart: string;
}

const kubeflow = 'github.com/kubeflow/spark-operator/v2';
const source = join(import.meta.dirname, 'module');
/** readonly: go.mod and go.sum are the pins, and a build that would change them must fail. */
const goFlags = '-mod=readonly -trimpath -buildvcs=false';
/** Changes when the way of building does. */
const recipe = '1';

/** Kubeflow's Spark operator of the version in module/go.mod; built once, in two to four minutes. @throws CommandFailed */
export async function kubeflowProgram(): Promise<KubeflowProgram> {
  const pins = await Promise.all(['go.mod', 'go.sum'].map((file) => readFile(join(source, file), 'utf8')));
  const folder = await cached('kubeflow', shortHash(recipe, goFlags, ...pins), (made) =>
    withProgress('Building the Spark operator of Kubeflow from its Go module (once)', () => build(made)),
  );
  return partsOf(folder);
}

async function build(folder: string): Promise<void> {
  const { programs, chart } = partsOf(folder);
  const go = await goToolchain();
  const options = { cwd: source, env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: goFlags }, timeoutMs: 1_800_000 };
  const output = join(programs, 'spark-operator');
  await run(go, ['build', '-ldflags', '-s -w', '-o', output, `${kubeflow}/cmd/operator`], options);
  const module = (await run(go, ['list', '-m', '-f', '{{.Dir}}', kubeflow], options)).trim();
  // Go's own cache is read-only, and what is copied from it must be removable.
  await run('cp', ['--recursive', '--no-preserve=mode', join(module, 'charts', 'spark-operator-chart'), chart]);
}

function partsOf(folder: string): KubeflowProgram {
  return { programs: join(folder, 'programs'), chart: join(folder, 'chart') };
}
