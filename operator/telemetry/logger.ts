import { pino, stdTimeFunctions } from 'pino';
import type { DestinationStream, Level, Logger as PinoLogger } from 'pino';

/** What the whole program logs with: `log.info({ store, keys }, 'a constant sentence')`. */
export type Logger = PinoLogger;

export interface LoggerOptions {
  readonly level: Level;
  /** Where the lines go; default: stdout. */
  readonly destination?: DestinationStream;
}

/** The logger of strings that dot-i's Operator asks for; written here so that telemetry need not know that package. */
export interface StringLogger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

const CONFIDENTIAL = ['data', 'stringData', 'value', 'token', 'password'];
// Paths have a fixed depth: a Secret as a field (`secret.data`) and one within an object (`event.secret.data`) are reached.
const REDACTED = CONFIDENTIAL.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
const MAX_CAUSES = 5;

/**
 * The root logger: one JSON object a line, level by name, time as ISO 8601.
 *
 * Fields that could hold a value are redacted as a second net; the first is that nobody logs them. Of an error only
 * class, message, code, stack and causes are printed, because clients hang whole requests on their errors.
 */
export function createLogger({ level, destination }: LoggerOptions): Logger {
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: REDACTED, censor: '[redacted]' },
    serializers: { err: (error: unknown) => describeError(error, MAX_CAUSES) },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

/** The logger as dot-i's Operator wants it. */
export function stringLogger(logger: Logger): StringLogger {
  return {
    debug: (message) => {
      logger.debug(message);
    },
    info: (message) => {
      logger.info(message);
    },
    warn: (message) => {
      logger.warn(message);
    },
    error: (message) => {
      logger.error(message);
    },
  };
}

function describeError(error: unknown, causesLeft: number): unknown {
  if (!(error instanceof Error)) return { message: typeof error === 'string' ? error : 'something that is no Error' };
  const code = 'code' in error && ['string', 'number'].includes(typeof error.code) ? error.code : undefined;
  return {
    type: error.name,
    message: error.message,
    ...(code === undefined ? {} : { code }),
    stack: error.stack,
    ...(error.cause === undefined || causesLeft === 0 ? {} : { cause: describeError(error.cause, causesLeft - 1) }),
  };
}
