import { fields, text, type Fields } from '../../operator/injection/explain/shape.ts';
import { Findings, type Finding } from './findings.ts';
import { nameText, type StoreName } from './objects.ts';

/** Most letters of a name. */
const LONGEST = 253;

/** Names of one kind of object, each given once. */
export class Names {
  readonly #taken = new Set<string>();

  /** The name, with a number behind it when it is given already. */
  take(wanted: StoreName): string {
    const name = this.free(wanted);
    this.#taken.add(nameText({ ...wanted, name }));
    return name;
  }

  /** What `take` would give. */
  free({ name, namespace }: StoreName): string {
    let free = name;
    for (let at = 2; this.#taken.has(nameText({ name: free, namespace })); at += 1) {
      const suffix = `-${at}`;
      free = name.slice(0, LONGEST - suffix.length) + suffix;
    }
    return free;
  }
}

/**
 * Objects with a name of their own each, as the later one of two would be applied over the other. For those that no other
 * one names: bindings.
 */
export function distinct(objects: readonly Fields[], all: Finding[]): Fields[] {
  const names = new Names();
  return objects.map((object) => {
    const metadata = fields(object['metadata']);
    const given = { name: text(metadata['name']) ?? '', namespace: text(metadata['namespace']) };
    const name = names.take(given);
    if (name === given.name) return object;
    renamed(new Findings(all, `${text(object['kind']) ?? ''} ${nameText(given)}`), name);
    return { ...object, metadata: { ...metadata, name } };
  });
}

/** Says which name the later one of two objects has. */
export function renamed(findings: Findings, name: string): void {
  findings.note('metadata.name', `there is another one of that name in the result: this one is ${name} there`);
}
