import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { buildConsole } from '../../deploy/image/console.ts';
import { createPage } from '../../operator/console/page.ts';
import type { ApiServerOptions } from '../../operator/http/server.ts';
import { createAuthority, type KeyPair } from '../../operator/webhook/certificates.ts';
import { ordersWorld, type ApiWorld } from '../http/api-world.ts';
import { startChromium } from './chromium.ts';

/** A page in a browser window of its own, and everything that it complained of. */
export interface Window {
  readonly page: Page;
  readonly complaints: string[];
}

/** A window, and the API behind it. */
export interface Visit extends Window {
  readonly api: ApiWorld;
  /** How much later it is for the API than it is. */
  laterMs: number;
}

/** The built page, one browser for all tests, and the real API behind it. */
export class ConsoleWorld {
  readonly browser: Browser;
  readonly #folder: string;
  readonly #authority: KeyPair;

  private constructor(browser: Browser, folder: string, authority: KeyPair) {
    this.browser = browser;
    this.#folder = folder;
    this.#authority = authority;
  }

  static async start(): Promise<ConsoleWorld> {
    const folder = await mkdtemp(join(tmpdir(), 'console-'));
    const [browser, authority] = await Promise.all([
      startChromium(),
      createAuthority(new Date()),
      buildConsole(folder),
    ]);
    return new ConsoleWorld(browser, folder, authority);
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await rm(this.#folder, { recursive: true });
  }

  /** An API with the page before it: store platform/default and its people. */
  api(more: Partial<ApiServerOptions> = {}): Promise<ApiWorld> {
    return ordersWorld(this.#authority, undefined, createPage(this.#folder), more);
  }

  /** A new window at the sign-in, as nobody has used it before. */
  async window(api: ApiWorld, options: BrowserContextOptions = {}): Promise<Window> {
    const context = await this.browser.newContext({
      ...{ baseURL: `https://127.0.0.1:${api.port}`, ignoreHTTPSErrors: true, viewport: { width: 1280, height: 800 } },
      ...options,
    });
    context.setDefaultTimeout(15_000);
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    await page.goto('/');
    return { page, complaints };
  }
}

/** Gives each test of the suite an API and a window of its own, in one browser; a page that complains fails its test. */
export function eachVisit(use: (visit: Visit) => void): void {
  let world: ConsoleWorld;
  let visit: Visit;
  before(async function () {
    this.timeout(120_000);
    world = await ConsoleWorld.start();
  });
  beforeEach(async () => {
    const clock = { laterMs: 0 };
    const api = await world.api({ now: () => performance.now() + clock.laterMs });
    visit = Object.assign(clock, await world.window(api), { api });
    use(visit);
  });
  afterEach(async () => {
    await visit.page.context().close();
    await visit.api.stop();
    expect(unexpected(visit.complaints)).to.deep.equal([]);
  });
  after(() => world.stop());
}

/** Signs in with the token of this name, and waits for what comes then. */
export async function signIn(page: Page, token: string, consumer = ''): Promise<void> {
  await page.getByLabel('Token of the cluster').fill(token);
  await page.getByLabel('Work in the name of a namespace').fill(consumer);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Stores', level: 1 }).waitFor();
}

/** What a browser says of an answer that is none: the page deals with those. */
function unexpected(complaints: readonly string[]): readonly string[] {
  return complaints.filter(
    (text) => !/Failed to load resource: the server responded with a status of (400|401|403|404|409|501)/.test(text),
  );
}

/** Whether all of the page is as wide as the window. */
export async function expectNoSidewaysScroll(page: Page, where: string): Promise<void> {
  const [content, window] = await page.evaluate<number[]>('[document.documentElement.scrollWidth, innerWidth]');
  expect(content, `${where} is wider than the window`).to.be.at.most(window ?? 0);
}

/** Goes to a view by its address, as a link does. */
export async function goTo(page: Page, hash: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
}

export function readyCondition(status: 'True' | 'False', reason: string, message: string) {
  return { type: 'Ready', status, reason, message, lastTransitionTime: '2026-11-01T10:00:00Z' };
}
