import type { BindingSpec } from '../api/kinds.ts';
import type { BindingView } from './binding-view.ts';
import { withoutEndSlashes } from './paths.ts';
import type { Container, Volume, VolumeMount } from './pod.ts';
import { filesSecretName } from './secret-name.ts';

/** One entry of files. */
export type FileEntry = NonNullable<BindingSpec['files']>[number];

/** Where all files of bindings are, in drivers and executors. */
const FILES_FOLDER = '/mnt/spark-secrets/files';
/** A Secret is mounted whole, so its files are there for whoever the pod's containers run as: Spark's images are not root. */
const MODE = 0o444;

/** Where the files of a binding are: a folder of its own, as two bindings may have files of one name. */
export function filesFolder(binding: string): string {
  return `${FILES_FOLDER}/${binding}`;
}

/** Whether a binding gives files. */
export function hasFiles({ files = [] }: Pick<BindingSpec, 'files'>): boolean {
  return files.length > 0;
}

/**
 * Volumes with the files of bindings, named after their Secrets. No mount of one has a subPath and no volume lists items, so
 * that the kubelet renews what is in it.
 */
export function fileVolumes(views: readonly BindingView[]): readonly Volume[] {
  return views.filter(isGiven).map((view) => {
    const name = secretOf(view);
    return { name, secret: { secretName: name, defaultMode: MODE, optional: false } };
  });
}

/** The mounts of these volumes in the driver. */
export function fileMounts(views: readonly BindingView[]): readonly VolumeMount[] {
  return views
    .filter(isGiven)
    .map((view) => ({ name: secretOf(view), mountPath: filesFolder(view.binding.metadata.name), readOnly: true }));
}

/**
 * A sentence for each mount of the container's own that would hide files of these bindings, or that they would be mounted
 * into. Whatever the bindings' precedence: what is mounted can't be merged.
 */
export function fileMountProblems(container: Container, views: readonly BindingView[]): readonly string[] {
  return fileMounts(views).flatMap((wanted) => {
    const hides = ({ name, mountPath }: VolumeMount): boolean => {
      const path = withoutEndSlashes(mountPath);
      if (path === FILES_FOLDER || path.startsWith(`${wanted.mountPath}/`)) return true;
      return path === wanted.mountPath && name !== wanted.name;
    };
    return (container.volumeMounts ?? []).filter(hides).map(({ name, mountPath }) => {
      return `The container ${container.name} mounts the volume ${name} at ${mountPath}, where the files of a SparkJobSecretBinding go (${wanted.mountPath}): mount it elsewhere, or remove spec.files from the binding.`;
    });
  });
}

function isGiven({ binding, secret }: BindingView): boolean {
  return secret !== undefined && hasFiles(binding.spec);
}

function secretOf({ binding, run }: BindingView): string {
  return filesSecretName(binding.metadata.name, run);
}
