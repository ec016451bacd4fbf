import type { AuditTrail } from './audit.ts';
import { podOf, type Caller } from './callers.ts';
import type { HttpProblem } from './problem.ts';
import type { ApiRoute, Noted } from './route.ts';

/** What the audit is told of one request, once. */
export class RequestRecord {
  readonly #route: Pick<ApiRoute, 'operation' | 'audited'>;
  readonly #address: string;
  readonly #audit: AuditTrail;
  #noted: Noted = {};
  #isRecorded = false;
  caller: Caller | undefined;

  constructor(route: Pick<ApiRoute, 'operation' | 'audited'>, address: string, audit: AuditTrail) {
    this.#route = route;
    this.#address = address;
    this.#audit = audit;
  }

  /** Adds to what is known. */
  note(what: Noted): void {
    this.#noted = { ...this.#noted, ...what };
  }

  done(): void {
    if (this.#route.audited === true) this.#record(this.#noted.result ?? 'ok');
  }

  failed({ status, code }: HttpProblem): void {
    if (status === 401 || status === 403) this.#record('denied');
    // A crowd that is sent away is nobody's try.
    else if (this.#route.audited === true && this.caller !== undefined && status !== 429)
      this.#record(code ?? String(status));
  }

  #record(result: string): void {
    if (this.#isRecorded) return;
    this.#isRecorded = true;
    const { caller } = this;
    const pod = caller && podOf(caller);
    this.#audit.record({
      ...(caller === undefined
        ? {}
        : {
            caller: {
              name: caller.username,
              groups: caller.groups?.length ?? 0,
              ...(pod === undefined ? {} : { pod: `${pod.namespace}/${pod.name}` }),
            },
          }),
      address: this.#address,
      operation: this.#route.operation,
      ...this.#noted,
      result,
    });
  }
}
