import type { Container } from '../pod.ts';
import type { PodProblem } from '../runners/runner.ts';
import { CONF_FOLDER, envEntry, type ConfWiring } from './wiring.ts';

const VARIABLE = 'JDK_JAVA_OPTIONS';
const ARGUMENTS_FILE = `${CONF_FOLDER}/jvm.args`;

/**
 * What the bindings give becomes a file of `-D` options, which `java` of version 9 and later reads by JDK_JAVA_OPTIONS. Of
 * all ways the one with the lowest precedence. The variable's value from the image, if it has one, is lost.
 */
export function jvmArgumentsWiring(driver: Container): ConfWiring | PodProblem {
  const { value = '', valueFrom } = envEntry(driver, VARIABLE) ?? {};
  if (valueFrom !== undefined || value.includes('${secrets.'))
    return {
      problem: `The variable ${VARIABLE} of the container has to be plain text, because options are added to it: set its value in the pod, without references.`,
    };
  const option = `@${ARGUMENTS_FILE}`;
  const whole = value.split(/\s+/).includes(option) ? value : `${value} ${option}`.trimStart();
  return {
    mergeEnv: [
      { name: 'MODE', value: 'jvm' },
      { name: 'OUT', value: ARGUMENTS_FILE },
    ],
    mounts: [],
    driverEnv: [{ name: VARIABLE, value: whole }],
    container: driver,
  };
}
