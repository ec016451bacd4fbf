import { podOf } from './callers.ts';
import type { ApiRoute } from './route.ts';
import { object, text } from './schemas.ts';

const CALLER = object(
  { name: text('User name, as the API server knows it.'), pod: text('The pod whose token it is, namespace/name.') },
  ['pod'],
);

/** GET /api/v1/whoami: whether a token is good, and whose it is. */
export function callerRoute(): ApiRoute {
  return {
    method: 'GET',
    path: '/api/v1/whoami',
    operation: 'whoAmI',
    summary: 'Who the caller is',
    description: 'As the API server knows whoever sent the token.',
    answers: { 200: CALLER },
    access: 'known',
    answer: ({ caller }) => {
      const pod = podOf(caller);
      const { username: name } = caller;
      return Promise.resolve({ name, ...(pod === undefined ? {} : { pod: `${pod.namespace}/${pod.name}` }) });
    },
  };
}
