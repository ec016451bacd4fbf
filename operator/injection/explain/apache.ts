import { appNameLabel } from '../applications.ts';
import type { Launched } from './kubeflow.ts';
import { fields, list, podOf, text, type Fields } from './shape.ts';
import { confOf, confTexts, driverPod } from './spark-conf.ts';

/** The driver that Apache's operator makes of a SparkApplication (`SparkAppSubmissionWorker`, 0.8). */
export function apacheApplication(name: string, spec: Fields): Launched {
  const conf = confOf(spec);
  const file = text(spec['jars']) ?? text(spec['pyFiles']) ?? text(spec['sparkRFiles']);
  const args = [text(spec['mainClass']) ?? '', file, ...list(spec['driverArgs'])];
  const pod = driverPod({
    template: podOf(fields(spec['driverSpec'])['podTemplateSpec']),
    conf,
    labels: {
      'spark-app-name': appNameLabel(conf['spark.app.name'] ?? 'spark'),
      'spark.operator/name': 'spark-kubernetes-operator',
      'spark.operator/spark-app-name': name,
    },
    args: args.flatMap((word) => text(word) ?? []),
  });
  return { pod, conf: confTexts(conf), notes: [] };
}
