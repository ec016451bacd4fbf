import type { IncomingMessage } from 'node:http';
import { HttpProblem } from './problem.ts';
import type { ApiRoute } from './route.ts';

/** What is at a path, by all methods that it knows. */
interface KnownPath {
  readonly pattern: RegExp;
  readonly methods: readonly string[];
}

/** Knows the methods of each path: the framework would tell a wrong one as a path that is not there. */
export class WrongMethod {
  readonly #paths: readonly KnownPath[];

  constructor(routes: readonly Pick<ApiRoute, 'method' | 'path'>[]) {
    this.#paths = [...new Set(routes.map(({ path }) => path))].map((path) => ({
      pattern: patternOf(path),
      methods: routes.filter((route) => route.path === path).map(({ method }) => method),
    }));
  }

  /** 405 with Allow; undefined: it is one of them, or there is nothing at this path. */
  problemOf({ url = '', method = '' }: Pick<IncomingMessage, 'url' | 'method'>): HttpProblem | undefined {
    const [path = ''] = url.split('?');
    const found = this.#paths.find(({ pattern }) => pattern.test(path));
    if (found === undefined || found.methods.includes(method)) return undefined;
    const allow = found.methods.join(', ');
    return new HttpProblem(405, `this path knows ${allow} alone.`, { headers: { allow } });
  }
}

/** Of a path as OpenAPI writes it; a key may hold slashes. */
function patternOf(path: string): RegExp {
  const escaped = path
    .replaceAll('.', '[.]')
    .replace('{key}', '.+')
    .replaceAll(/\{\w+\}/g, '[^/]+');
  return new RegExp(`^${escaped}$`);
}
