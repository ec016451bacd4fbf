import { SECRET_KEYS } from '../../../operator/webhook/certificate-state.ts';
import { area, isKnown, type Finding } from '../finding.ts';
import type { Installation } from '../installation.ts';

const { ok, warning, problem } = area('certificate');
const DAY_MS = 24 * 3_600_000;
/** The operator renews it long before. */
const LATE_DAYS = 7;

/** Whether the certificate that the operator serves is trusted, and for how long. */
export function checkCertificate({ certificate, authorities, namespace }: Installation, now: Date): Finding[] {
  return [...told(authorities, namespace), served(certificate, now)];
}

function told(authorities: Installation['authorities'], namespace: string): Finding[] {
  if (!isKnown(authorities)) return [];
  const found = authorities.value;
  if (found === undefined)
    return [
      problem(
        `the ConfigMap with the certificates to trust is not in namespace ${namespace}`,
        'The operator makes it again when it leads; upgrading the chart makes it, too.',
      ),
    ];
  if (found.data?.[SECRET_KEYS.trusted] !== undefined) return [];
  return [
    problem(
      `ConfigMap ${namespace}/${found.metadata.name} says nothing: the operator has no certificate`,
      'Its log says why: look for "certificate".',
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
