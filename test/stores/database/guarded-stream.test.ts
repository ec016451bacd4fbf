import { expect } from 'chai';
import { once } from 'node:events';
import { guardedStream } from '../../../operator/stores/database/guarded-stream.ts';

describe('a connection to a database', () => {
  for (const name of ['2852039166', '0xa9fea9fe'])
    it(`does not go to ${name}, which is a metadata address by another spelling`, async () => {
      const stream = guardedStream();
      stream.connect(5432, name);
      const [error] = (await once(stream, 'error')) as [NodeJS.ErrnoException];
      expect(error.code).to.equal('REFUSED_ADDRESS');
      stream.destroy();
    });
});
