// Mocha hands a promise that nobody caught on to whoever listens, and else forgets it: it has to fail the run.
const fail = (reason: unknown): void => {
  throw reason;
};

process.on('unhandledRejection', fail);

export const mochaHooks = {
  /** A worker of mocha's takes all listeners away between two files. */
  beforeAll(): void {
    if (!process.listeners('unhandledRejection').includes(fail)) process.on('unhandledRejection', fail);
  },
};
