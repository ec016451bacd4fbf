import { expect } from 'chai';
import { createLogger, stringLogger } from '../../operator/telemetry/logger.ts';
import type { Logger, LoggerOptions } from '../../operator/telemetry/logger.ts';

function recorder(level: LoggerOptions['level'] = 'debug'): {
  logger: Logger;
  lines: Record<string, unknown>[];
  text: () => string;
} {
  const raw: string[] = [];
  const lines: Record<string, unknown>[] = [];
  const write = (line: string): void => {
    raw.push(line);
    lines.push(JSON.parse(line) as Record<string, unknown>);
  };
  return { logger: createLogger({ level, destination: { write } }), lines, text: () => raw.join('') };
}

describe('logger', () => {
  it('writes one JSON object a line with level, time and message', () => {
    const { logger, lines } = recorder();
    logger.child({ kind: 'SecretStoreConfig' }).info({ keys: 3 }, 'store read');
    const { time, ...rest } = lines[0]!;
    expect(rest).to.deep.equal({ level: 'info', kind: 'SecretStoreConfig', keys: 3, msg: 'store read' });
    expect(time).to.match(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });

  it('leaves out what is below its level', () => {
    const { logger, lines } = recorder('warn');
    logger.info('quiet');
    expect(lines).to.deep.equal([]);
  });

  it('redacts fields that could hold a value, at the top, in an object and one below, also of a child', () => {
    const { logger, text } = recorder();
    for (const name of ['data', 'stringData', 'value', 'token', 'password']) {
      const content = name.toLowerCase().endsWith('data') ? { K: 's3cret' } : 's3cret';
      logger.info({ [name]: content }, 'a');
      logger.info({ secret: { [name]: content } }, 'b');
      logger.info({ event: { secret: { [name]: content } } }, 'c');
      logger.child({ [name]: content }).info('d');
    }
    expect(text()).not.to.contain('s3cret');
    expect(text().match(/\[redacted\]/g)).to.have.length(20);
  });

  it('prints of an error what it says and where, not what a client hung on it', () => {
    const { logger, lines, text } = recorder();
    const cause = Object.assign(new Error('socket closed'), { request: { body: 's3cret' } });
    const error = Object.assign(new Error('no answer', { cause }), {
      code: 503,
      body: 's3cret',
      response: { data: 's3cret' },
    });
    logger.error({ err: error }, 'failed');
    const err = lines[0]!['err'] as Record<string, unknown>;
    expect(err).to.include({ type: 'Error', message: 'no answer', code: 503 });
    expect(err['stack']).to.contain('logger.test.ts');
    expect(err['cause']).to.include({ message: 'socket closed' });
    expect(text()).not.to.contain('s3cret');
  });

  it('survives an error that is its own cause', () => {
    const { logger, lines } = recorder();
    const error = new Error('round');
    error.cause = error;
    logger.error({ err: error }, 'failed');
    expect(lines).to.have.length(1);
  });

  it('can be used as a logger of strings', () => {
    const { logger, lines } = recorder();
    const strings = stringLogger(logger);
    strings.debug('d');
    strings.info('i');
    strings.warn('w');
    strings.error('e');
    expect(lines.map(({ level, msg }) => [level, msg])).to.deep.equal([
      ['debug', 'd'],
      ['info', 'i'],
      ['warn', 'w'],
      ['error', 'e'],
    ]);
  });
});
