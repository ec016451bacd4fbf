import type { Secret } from '../api/kinds.ts';
import type { Lister } from '../runtime/lister.ts';
import type { Request } from '../runtime/reconciler.ts';
import type { Logger } from '../telemetry/logger.ts';
import { decodeSecret } from './certificate-secret.ts';
import { SECRET_KEYS, readPair, splitBundle } from './certificate-state.ts';
import type { SecretText } from './certificate-state.ts';

/** A certificate that can be served, and whom to trust for it. All PEM. */
export interface Certificate {
  /** The certificate itself first, then those between it and its authority. */
  readonly chain: string;
  readonly key: string;
  /** Whom to trust, the one that signs first. Never empty. */
  readonly authorities: readonly [string, ...string[]];
}

/** The certificate in a Secret; a text says why there is none, for a log. */
export type ReadCertificate = (text: SecretText) => Certificate | string;

export interface CertificateViewOptions {
  readonly secrets: Pick<Lister<Secret>, 'get'>;
  readonly secret: Request;
  readonly read: ReadCertificate;
  readonly logger: Logger;
}

/**
 * The newest certificate that can be used. A Secret that is deleted or broken changes nothing while there was a good one:
 * who serves it goes on, and it stays trusted. Cheap: a version of the Secret is read once.
 */
export class CertificateView {
  readonly #options: CertificateViewOptions;
  #seen: Secret | undefined;
  #certificate: Certificate | undefined;
  #problem = 'it is not there';

  constructor(options: CertificateViewOptions) {
    this.#options = options;
  }

  get certificate(): Certificate | undefined {
    this.#look();
    return this.#certificate;
  }

  /** What is wrong with the Secret as it is now, if it is. */
  get problem(): string {
    this.#look();
    return this.#problem;
  }

  #look(): void {
    const { secrets, secret, read, logger } = this.#options;
    const present = secrets.get(secret.namespace, secret.name);
    if (present === this.#seen) return;
    this.#seen = present;
    const found = present === undefined ? 'it is not there' : read(decodeSecret(present));
    this.#problem = typeof found === 'string' ? found : '';
    if (typeof found !== 'string') this.#certificate = found;
    // One without data is the chart's, which the operator fills in a moment.
    else if (present?.data !== undefined)
      logger.warn({ secret: secret.name, problem: found }, 'certificate Secret can not be used');
  }
}

/** Of the Secret that the operator itself keeps: `CertificateKeeper` mends what is wrong with it. */
export function readOwnCertificate(text: SecretText): Certificate | string {
  const pair = readPair(text[SECRET_KEYS.serving], text[SECRET_KEYS.servingKey]);
  const [signing, ...others] = splitBundle(text[SECRET_KEYS.trusted]);
  if (pair === undefined || signing === undefined) return 'the operator that leads has yet to make it';
  return { chain: pair.cert, key: pair.key, authorities: [signing, ...others] };
}
