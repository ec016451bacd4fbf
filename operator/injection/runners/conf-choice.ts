import { ANNOTATIONS } from '../../api/group.ts';
import type { Container, Pod } from '../pod.ts';
import { propertiesFilesOf } from '../spark-command.ts';
import type { Driver, PodProblem } from './runner.ts';

/** The values of the annotation. */
const CHOICES = ['DefaultsFile', 'JvmArguments'] as const;

/**
 * How a container that is no driver of a cluster mode is given properties: by the Java argument file where the pod's
 * annotation asks for it, else by the properties file that its command names, else by the defaults file.
 */
export function withConf(pod: Pod, container: Container): Driver | PodProblem {
  const wanted = pod.metadata?.annotations?.[ANNOTATIONS.conf];
  const chosen = CHOICES.find((choice) => choice === wanted);
  if (wanted !== undefined && chosen === undefined)
    return { problem: `The annotation ${ANNOTATIONS.conf} is ${wanted}: set it to ${CHOICES.join(' or ')}.` };
  if (chosen === 'JvmArguments') return { container, conf: chosen };
  // Spark reads no defaults beside a properties file.
  return { container, conf: propertiesFilesOf(container).length === 0 ? 'DefaultsFile' : 'PropertiesFile' };
}
