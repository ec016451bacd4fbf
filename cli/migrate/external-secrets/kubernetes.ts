import { fields, text, type Fields } from '../../../operator/injection/explain/shape.ts';
import { renamed, type Names } from '../distinct.ts';
import type { Findings } from '../findings.ts';
import { isKey } from '../places.ts';
import type { SourceStore } from './source.ts';
import type { Place, RemoteRef, TranslatedStore } from './stores.ts';
import { draftOf, type Draft } from './target.ts';

const WHERE = 'spec.provider.kubernetes';
/** As the API server is called from inside of its own cluster. */
const OWN_SERVERS = /^(https:\/\/)?kubernetes[.]default([.]svc([.]cluster[.]local)?)?(:443)?\/?$/;
const SECRET_NAME = /^[a-z0-9]([a-z0-9-]{0,198}[a-z0-9])?$/;

/**
 * Stores of type kubernetes. One of External Secrets is a namespace, ours is a Secret and those of its groups: so each
 * Secret that is used becomes a store, in its namespace, that grants the keys which are used.
 */
export class KubernetesStores {
  /** By namespace and Secret. */
  readonly #drafts = new Map<string, Draft>();
  readonly #names: Names;

  /** `names`: of the other stores, too. */
  constructor(names: Names) {
    this.#names = names;
  }

  drafts(): readonly Draft[] {
    return [...this.#drafts.values()];
  }

  translate({ findings, spec }: SourceStore, provider: Fields): TranslatedStore {
    findings.unknown(provider, ['server', 'auth', 'authRef', 'remoteNamespace'], WHERE);
    const namespace = text(provider['remoteNamespace']) ?? 'default';
    const why = isOtherCluster(fields(provider['server']), findings) ? 'it is in another cluster' : undefined;
    if (why === undefined && (provider['auth'] ?? provider['authRef']) !== undefined)
      findings.note(`${WHERE}.auth`, `the operator reads Secrets of namespace ${namespace} by its own rights`);
    if (spec['conditions'] !== undefined)
      findings.left('spec.conditions', 'each store grants what the ExternalSecrets given use: add others to access');
    const place = (ref: RemoteRef): Place => (why === undefined ? this.#place(ref, namespace, findings) : { why });
    return { place, own: undefined, draft: undefined };
  }

  #place({ key: secret, property }: RemoteRef, namespace: string, findings: Findings): Place {
    if (property === undefined) return { why: 'without a property it is the whole Secret as JSON' };
    const [secretName = '', ...groups] = secret.split('.');
    const key = [...groups, property.replaceAll('\\.', '.')].join('/');
    if (!SECRET_NAME.test(secretName) || !isKey(key))
      return { why: 'the names of the Secret and its entry are none that a store of type kubernetes has' };
    return { draft: this.#draft(namespace, secretName, findings), key };
  }

  #draft(namespace: string, secretName: string, findings: Findings): Draft {
    const id = `${namespace}/${secretName}`;
    const present = this.#drafts.get(id);
    if (present !== undefined) return present;
    const name = this.#names.take({ name: secretName, namespace });
    if (name !== secretName) renamed(findings, name);
    const draft = draftOf({ name, namespace }, { type: 'kubernetes', kubernetes: { secretName } });
    this.#drafts.set(id, draft);
    return draft;
  }
}

function isOtherCluster(server: Fields, findings: Findings): boolean {
  const url = text(server['url']);
  if (url === undefined || OWN_SERVERS.test(url)) return false;
  findings.left(`${WHERE}.server`, 'a store of type kubernetes is in the operator’s own cluster');
  return true;
}
