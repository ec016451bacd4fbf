import { readFile } from 'node:fs/promises';
import { SERVICE_ACCOUNT } from '../../operator/api/kinds.ts';
import { pathOf } from '../../operator/runtime/kube-object.ts';
import type { Io } from '../io.ts';
import { CommandProblem, UsageProblem } from '../problem.ts';
import type { KubeApi } from './kube-api.ts';

/** Where the token comes from. */
export interface TokenChoice {
  readonly 'token-file'?: string;
  readonly 'as-account'?: string;
}

/** There is no token to send. */
export class NoToken extends CommandProblem {}

const LIFE_SECONDS = 3600;
/** Of a token's life, after which a new one is asked for. */
const USED_UP = 0.8;
/** What a token is made of (RFC 6750): anything else could not stand in a header. */
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

/**
 * The token to send: of a file, of SPARK_SECRETS_TOKEN, of a ServiceAccount, or that of the kubeconfig's user. `kube` is
 * called when a cluster is needed for it. What is given throws CommandProblem, which says nothing of a token's content.
 */
export function tokenSource(choice: TokenChoice, env: Io['env'], kube: () => Promise<KubeApi>): () => Promise<string> {
  const { 'token-file': file, 'as-account': account } = choice;
  if (file !== undefined && account !== undefined)
    throw new UsageProblem('give one of --token-file and --as-account, not both');
  if (file !== undefined) return async () => wellFormed(await read(file), file);
  if (account !== undefined) return accountTokens(account, kube);
  const given = env['SPARK_SECRETS_TOKEN'];
  if (given !== undefined && given !== '') return () => Promise.resolve(wellFormed(given, 'SPARK_SECRETS_TOKEN'));
  return async () => (await (await kube()).bearerToken()) ?? none();
}

function none(): never {
  throw new NoToken(
    'no token is known: the kubeconfig’s user has none, as who logs in by certificate, and the API takes nothing else. Give one by --token-file or SPARK_SECRETS_TOKEN, or have one made for a ServiceAccount by --as-account NAMESPACE/NAME',
  );
}

function accountTokens(account: string, kube: () => Promise<KubeApi>): () => Promise<string> {
  const [namespace = '', name = '', more] = account.split('/');
  if (namespace === '' || name === '' || more !== undefined)
    throw new UsageProblem('--as-account is NAMESPACE/NAME of a ServiceAccount');
  let token: Promise<string> | undefined;
  let endsAt = -Infinity;
  return () => {
    if (token === undefined || performance.now() > endsAt) {
      endsAt = performance.now() + LIFE_SECONDS * 1000 * USED_UP;
      token = kube().then((api) => request(api, namespace, name));
    }
    return token;
  };
}

async function request(kube: KubeApi, namespace: string, name: string): Promise<string> {
  const path = pathOf(SERVICE_ACCOUNT, namespace, name, 'token');
  const body = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: LIFE_SECONDS },
  };
  const what = `a token of ServiceAccount ${namespace}/${name}`;
  return (await kube.post<{ readonly status: { readonly token: string } }>(what, path, body)).status.token;
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CommandProblem(`${file} can't be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
}

function wellFormed(text: string, where: string): string {
  const token = text.trim();
  if (!TOKEN.test(token)) throw new CommandProblem(`${where} holds no token`);
  return token;
}
