import { checkApi } from './checks/api.ts';
import { checkCertificate } from './checks/certificate.ts';
import { checkCrds } from './checks/crds.ts';
import { checkLeader } from './checks/leader.ts';
import { checkObjects } from './checks/objects.ts';
import { checkPods } from './checks/pods.ts';
import { checkWebhook } from './checks/webhook.ts';
import type { Finding } from './finding.ts';
import type { Installation } from './installation.ts';

/** All checks, in the order in which somebody would put things right. */
export function diagnose(installation: Installation, now: Date): Finding[] {
  return [
    ...checkCrds(installation),
    ...checkPods(installation),
    ...checkLeader(installation),
    ...checkWebhook(installation),
    ...checkCertificate(installation, now),
    ...checkApi(installation),
    ...checkObjects(installation),
  ];
}
