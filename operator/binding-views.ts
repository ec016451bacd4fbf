import { envKeysOf, referenceKeysOf, type BindingSecret } from './api/binding-secret.ts';
import { ANNOTATIONS } from './api/group.ts';
import type { SparkJobSecretBinding } from './api/kinds.ts';
import type { BindingSecretView, BindingView } from './injection/binding-view.ts';
import { bindingSecretName } from './injection/secret-name.ts';
import type { Lister } from './runtime/lister.ts';

/** How the webhook sees the bindings of a namespace, out of what the informers hold. */
export function bindingViews(
  bindings: Pick<Lister<SparkJobSecretBinding>, 'list'>,
  secrets: Pick<Lister<BindingSecret>, 'get'>,
): (namespace: string) => readonly BindingView[] {
  // Informers hand out the same object until it changes: its annotations are parsed once.
  const views = new WeakMap<Readonly<BindingSecret>, BindingSecretView>();
  const viewOf = (secret: Readonly<BindingSecret>): BindingSecretView => {
    const view = views.get(secret) ?? secretView(secret);
    views.set(secret, view);
    return view;
  };
  return (namespace) =>
    bindings.list(namespace).map((binding) => {
      const secret = secrets.get(namespace, bindingSecretName(binding.metadata.name));
      return { binding, secret: secret && viewOf(secret) };
    });
}

function secretView(secret: Readonly<BindingSecret>): BindingSecretView {
  const { name, annotations } = secret.metadata;
  const envKeys = envKeysOf(secret);
  // Without its list of variables the content is not known: the operator writes the Secret again.
  return {
    name,
    specDigest: envKeys && annotations?.[ANNOTATIONS.specDigest],
    envKeys: envKeys ?? {},
    referenceKeys: referenceKeysOf(secret),
    versions: annotations?.[ANNOTATIONS.versions],
  };
}
