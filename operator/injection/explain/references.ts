import { storeOf } from '../../api/kinds.ts';
import { parseKey } from '../../api/secret-key.ts';
import type { BindingView } from '../binding-view.ts';
import { forbiddenConfKey, isRepublished, REPUBLISHED } from '../conf-key.ts';
import { envReferences, lastOfEachName, referencesIn } from '../env-references.ts';
import { bindingItems, coveredKeys } from './additions.ts';
import type { ExplainedReference } from './result.ts';
import type { ConfText, Subject } from './subject.ts';
import type { Container } from '../pod.ts';
import { sparkOptions } from '../spark-command.ts';

const EXECUTOR_VARIABLE = /^spark[.]executorEnv[.][A-Za-z0-9_.-]+$/;

/** So that no manifest keeps the operator busy. */
const MOST = 1000;

/** A binding that selects the job, and the keys that it covers. */
interface Covering {
  readonly view: BindingView;
  readonly keys: ReadonlySet<string>;
}

/**
 * Every `${secrets.KEY}` that is seen in the driver's own variables, in properties that its command names, and in those
 * of the job's manifest; and who covers it. `selected` are the bindings that select the job. The first 1000.
 */
export function explainedReferences(
  { conf }: Subject,
  driver: Container | undefined,
  selected: readonly BindingView[],
): readonly ExplainedReference[] {
  const replaced = replacedVariables(selected);
  const env = lastOfEachName(driver?.env ?? []).filter(({ name }) => !replaced.has(name));
  // Spark makes these variables of the driver, where they are seen.
  const fromFile = conf.filter(({ name }) => !name.startsWith('spark.kubernetes.driverEnv.'));
  const properties = [...fromFile, ...(driver === undefined ? [] : commandConf(driver))];
  const covering = selected.map((view) => ({ view, keys: coveredKeys(view) }));
  const found = [
    ...env.flatMap((entry) => keysIn(entry.value).map((key) => () => ofVariable(entry.name, key, covering))),
    ...properties.flatMap((text) => keysIn(text.value).map((key) => () => ofProperty(text, key, covering))),
  ];
  const all = found.slice(0, MOST).map((explained) => explained());
  return [...new Map(all.map((one) => [`${one.where} ${one.key}`, one])).values()];
}

function ofVariable(name: string, key: string, covering: readonly Covering[]): ExplainedReference {
  const views = covering.map(({ view }) => view);
  const [problem] = envReferences({ env: [{ name, value: `\${secrets.${key}}` }] }, views).problems;
  const where = `variable ${name}`;
  const coveredBy = coveringNames(key, covering);
  // Where a binding's values are is known when it is reconciled: the webhook waits for that.
  const isPending = views.some(({ secret }) => secret === undefined);
  if (problem === undefined || (isPending && coveredBy.length > 0))
    return { where, key, coveredBy, outcome: 'Resolved' };
  return { where, key, coveredBy, outcome: 'Refused', problem };
}

function ofProperty(text: ConfText, key: string, covering: readonly Covering[]): ExplainedReference {
  const { name, value, unresolved, where = `property ${name}` } = text;
  const forbidden = forbids(name, value);
  const why = unresolved ?? (forbidden && `${forbidden}.`) ?? uncovered(key, covering);
  const coveredBy = coveringNames(key, covering);
  if (why === undefined) return { where, key, coveredBy, outcome: 'Resolved' };
  const problem = `The ${where} refers to \${secrets.${key}}, but ${why}`;
  return { where, key, coveredBy, outcome: unresolved === undefined ? 'Stops' : 'Left', problem };
}

/** Why no reference may stand in the property. */
function forbids(name: string, value: string): string | undefined {
  const isWhole = EXECUTOR_VARIABLE.test(name) && /^\$\{secrets\.[^}]*\}$/.test(value.trim());
  if (isWhole) return undefined;
  return forbiddenConfKey(name) ?? (isRepublished(name) ? REPUBLISHED : undefined);
}

/** What the init container would say. */
function uncovered(key: string, covering: readonly Covering[]): string | undefined {
  if (parseKey(key) === undefined) return 'this is not the form of a key: write it like ${secrets.orders/DB_PASSWORD}.';
  const views = covering.filter(({ keys }) => keys.has(key)).map(({ view }) => view);
  const pending = covering.find(({ view }) => view.secret === undefined);
  if (views.length === 0 && pending !== undefined)
    return `the binding ${pending.view.binding.metadata.name} is not reconciled, so that the keys of its groups are not known.`;
  if (views.length === 0)
    return `no SparkJobSecretBinding that selects this job covers the key ${key}: add it to spec.references of one, or correct the reference.`;
  if (new Set(views.map(({ binding }) => storeOf(binding))).size === 1) return undefined;
  const names = views.map(({ binding }) => binding.metadata.name).join(' and ');
  return `the bindings ${names} cover the key ${key} from different stores: narrow a selector, or remove it from one.`;
}

function coveringNames(key: string, covering: readonly Covering[]): readonly string[] {
  return covering.filter(({ keys }) => keys.has(key)).map(({ view }) => view.binding.metadata.name);
}

/** Nobody reads what the job says of a variable that a binding replaces. */
function replacedVariables(views: readonly BindingView[]): ReadonlySet<string> {
  const items = views.filter(({ binding }) => binding.spec.precedence !== 'Pod').flatMap(bindingItems);
  const replaced = items.filter(({ what, reaches }) => what === 'variable' && reaches.includes('driver'));
  return new Set(replaced.map(({ name }) => name));
}

/** The properties of `--conf` in a container's command. */
function commandConf(container: Container): ConfText[] {
  const texts = sparkOptions(container).flatMap(({ name, value }) => (name === '--conf' && value ? [value] : []));
  return texts.map((text) => ({
    name: text.slice(0, text.indexOf('=')).trim(),
    value: text.slice(text.indexOf('=') + 1),
  }));
}

function keysIn(text = ''): readonly string[] {
  return [...new Set(referencesIn(text).map(({ key }) => key))];
}
