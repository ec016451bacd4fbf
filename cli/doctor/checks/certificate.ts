import { area, isKnown, type Finding } from '../finding.ts';
import type { Installation } from '../installation.ts';

const { ok, warning, problem } = area('certificate');
const DAY_MS = 24 * 3_600_000;
/** The operator renews it long before. */
const LATE_DAYS = 7;

/** Whether the certificate that the operator serves is trusted, and for how long. */
export function checkCertificate({ certificate, secret, namespace }: Installation, now: Date): Finding[] {
  return [...secretThere(secret, namespace), served(certificate, now)];
}

function secretThere(secret: Installation['secret'], namespace: string): Finding[] {
  if (!isKnown(secret)) return [];
  if (secret.value !== undefined) return [];
  return [
    problem(
      `the certificate Secret is not in namespace ${namespace}`,
      'The operator makes it again when it leads; upgrading the chart makes it, too.',
    ),
  ];
}

function served(certificate: Installation['certificate'], now: Date): Finding {
  if (!isKnown(certificate))
    return warning(`not looked at: ${certificate.unknown}`, 'It takes a connection to the API: see above.');
  const end = certificate.value;
  const days = Math.floor((end.getTime() - now.getTime()) / DAY_MS);
  const until = end.toISOString();
  const restart = 'See the operator’s log; a restart of the pods makes it look again.';
  if (days < 0) return problem(`the certificate that it serves ended at ${until}`, restart);
  if (days < LATE_DAYS) return warning(`the certificate that it serves ends at ${until} and was not renewed`, restart);
  return ok(`what it serves is trusted, until ${until}`);
}
