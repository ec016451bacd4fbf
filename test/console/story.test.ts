import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { parse } from 'yaml';
import type { SparkJobSecretBinding } from '../../operator/api/kinds.ts';
import { CANARY, type ApiWorld } from '../http/api-world.ts';
import { eachVisit, expectNoSidewaysScroll, goTo, readyCondition, signIn, type Visit } from './console-world.ts';

const TOKEN = `${CANARY}-token.of-ada`;

describe('the Secrets page, in a browser', function () {
  this.timeout(60_000);
  let api: ApiWorld;
  let page: Page;
  let visit: Visit;

  eachVisit((made) => {
    visit = made;
    ({ api, page } = made);
  });

  /** What `kubectl apply` and the operator would have done. */
  function apply(yaml: string): void {
    const binding = parse(yaml) as SparkJobSecretBinding;
    const conditions = [readyCondition('True', 'Ready', 'Everything is in place.')];
    api.bindings.push({ ...binding, status: { conditions } });
  }

  const button = (name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' });
  const dialog = () => page.getByRole('dialog');

  it('tells the whole story of a key, and never shows the token to anybody', async () => {
    api.users.set(TOKEN, { username: 'ada' });
    for (const verb of ['list', 'get', 'create', 'update', 'delete']) api.allowed.add(`ada ${verb} platform/*`);
    api.allowed.add('ada list sparkjobsecretbindings analytics');
    const urls: string[] = [];
    page.on('request', (request) => urls.push(request.url() + (request.postData() ?? '')));
    await signIn(page, TOKEN);

    // A new key, and how a job gets it.
    await page.getByRole('link', { name: /default/ }).click();
    await button('Add key').click();
    await dialog().getByLabel('Key', { exact: true }).fill('orders/API_TOKEN');
    await dialog().getByLabel('Value', { exact: true }).fill(`${CANARY}-first`);
    await dialog().getByRole('button', { name: 'Add key' }).click();
    await page.getByRole('heading', { name: 'API_TOKEN' }).waitFor();
    expect(await page.content()).not.to.contain(`${CANARY}-first`);
    await page.locator('section').getByRole('link', { name: 'Use in a job' }).click();
    await button('orders/API_TOKEN as variable').click();
    await button('orders/API_TOKEN as property').click();
    await page.getByLabel('Name of the property').fill('spark.ui.port');
    await button('Check it').click();
    const missing = page.getByRole('alert').getByRole('button');
    expect(await missing.allTextContents()).to.have.length(4);
    await missing.nth(3).click();
    expect(await page.evaluate('document.activeElement.getAttribute("aria-label")')).to.equal('Name of the property');
    await page.getByLabel('Name of the property').fill('spark.orders.token');
    await page.getByLabel('Namespace').fill('analytics');
    await page.getByLabel('Name of the binding').fill('orders-etl');
    await page.getByLabel('Applications').fill('orders-*');
    await button('Copy YAML').click();
    await page.getByText('Waiting for it to be applied').waitFor();
    const yaml = await page.evaluate<string>('navigator.clipboard.readText()');
    expect((parse(yaml) as SparkJobSecretBinding).spec).to.deep.equal({
      storeRef: { name: 'default', namespace: 'platform' },
      selector: { applications: ['orders-*'] },
      env: [{ name: 'API_TOKEN', key: 'orders/API_TOKEN' }],
      sparkConf: [{ name: 'spark.orders.token', key: 'orders/API_TOKEN' }],
    });
    const [file] = await Promise.all([page.waitForEvent('download'), button('Save as file').click()]);
    expect([file.suggestedFilename(), await readFile(await file.path(), 'utf8')]).to.deep.equal([
      'orders-etl.yaml',
      yaml,
    ]);

    // It is applied, and the page sees that by itself; a job starts.
    apply(yaml);
    await page.getByText('Everything is in place.').waitFor();
    const metadata = { namespace: 'analytics', name: 'orders-etl-driver', creationTimestamp: '2026-11-01T10:00:00Z' };
    api.drivers.push({
      metadata,
      application: 'orders-etl-1',
      status: { phase: 'Running' },
      of: 'analytics/orders-etl',
    });

    // Rotation; then who uses it.
    await goTo(page, '#/stores/platform/default/key/orders/API_TOKEN');
    await button('Change value').click();
    await dialog().getByRole('button', { name: 'Generate' }).click();
    await dialog().getByRole('button', { name: 'Show' }).click();
    const generated = await dialog().getByLabel('New value').inputValue();
    expect(generated).to.match(/^[\w-]{32}$/);
    await dialog().getByRole('button', { name: 'Save', exact: true }).click();
    await dialog().waitFor({ state: 'detached' });
    await page.getByText('Changed orders/API_TOKEN.').waitFor();
    await page.locator('.versions li').nth(1).waitFor();
    const boxes = page.locator('.graph .box');
    expect(await boxes.locator('.box-title').allTextContents()).to.deep.equal([
      ...['default', 'orders/API_TOKEN', 'orders-etl', 'orders-etl-1'],
    ]);
    expect(await page.locator('.graph path').count()).to.equal(3);

    // It can't be deleted by accident.
    await button('Delete').click();
    const remove = dialog().getByRole('button', { name: 'Delete although it is in use' });
    expect(await remove.isDisabled()).to.be.true;
    await dialog().getByText('analytics / orders-etl-1').waitFor();
    await dialog().getByRole('textbox').fill('orders/API_TOKE');
    expect(await remove.isDisabled()).to.be.true;
    await dialog().getByRole('textbox').fill('orders/API_TOKEN');
    await remove.click();
    await page.getByText('Deleted orders/API_TOKEN.').waitFor();
    await page.getByRole('heading', { name: 'orders', exact: true }).waitFor();
    expect((await api.call(`/api/v1/namespaces/platform/stores/default/keys/orders/API_TOKEN`)).status).to.equal(404);

    // What was done, and by whom.
    await page.getByRole('link', { name: 'Audit' }).click();
    await page.locator('.events li').nth(2).waitFor();
    const deeds = await page.locator('.events li p:first-child').allTextContents();
    expect(deeds.map((text) => text.trim())).to.deep.equal([
      ...['ada deleted orders/API_TOKEN', 'ada wrote orders/API_TOKEN', 'ada wrote orders/API_TOKEN new'],
    ]);
    const stored = await page.evaluate<string>(
      'JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href])',
    );
    expect(stored + urls.join(' ') + api.log.join(' ') + (await page.content())).not.to.contain('token.of-ada');
    expect(JSON.stringify(await page.context().cookies())).to.equal('[]');
  });

  it('works by keyboard alone', async () => {
    const focused = () =>
      page.evaluate<string>(
        'document.activeElement.textContent || document.activeElement.getAttribute("aria-label") || document.activeElement.tagName',
      );
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    await page.locator('input:focus').waitFor(); // What is typed before is nobody's.
    await page.keyboard.type('owner');
    await press('Enter');
    await page.getByRole('heading', { name: 'Stores' }).waitFor();
    expect(await focused()).to.equal('Stores');
    await press('Tab', 'Tab', 'Enter');
    await page.getByRole('row').nth(3).waitFor();
    await press('/');
    await page.keyboard.type('o');
    await page.getByText('3 keys found').waitFor();
    await press('Tab', 'Tab', 'Tab', 'Tab');
    expect(await focused()).to.match(/ROOT/);
    await press('ArrowDown', 'Space', 'ArrowUp', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowDown');
    expect(await focused()).to.match(/TOKEN/);
    await press('Home', 'End');
    await page.getByText('1 picked').waitFor();
    await press('ArrowUp', 'Enter');
    await page.getByRole('heading', { name: 'DB_PASSWORD' }).waitFor();
    expect(await focused()).to.equal('DB_PASSWORD');
    await button('Change value').waitFor();
    await press('Tab', 'Tab', 'Enter');
    await dialog().waitFor();
    await page.keyboard.type('a value');
    await press('Escape');
    await dialog().getByText('What you typed is not saved.').waitFor();
    await press('Escape');
    await dialog().waitFor({ state: 'detached' });
    expect(await focused()).to.equal('Change value');
    await press('?');
    await dialog().getByRole('heading', { name: 'Help' }).waitFor();
    await dialog()
      .getByLabel(/Single keys/)
      .focus();
    await press('Space', 'Escape', '?');
    expect(await dialog().count()).to.equal(0);
    // Back: the list is as it was left.
    await page.goBack();
    await page.getByText('3 keys found').waitFor();
    expect(await page.getByRole('searchbox').inputValue()).to.equal('o');
  });

  it('is as wide as a telephone, in every view and dialog', async () => {
    await page.setViewportSize({ width: 360, height: 640 });
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
    const long = `a-folder/${'a-long-name-'.repeat(8)}/${'A_LONG_KEY_'.repeat(10)}`;
    await api.put(long, 'x');
    api.users.set('owner', { username: `system:serviceaccount:platform:${'a-long-name-'.repeat(5)}` });
    for (const verb of ['list', 'get', 'create', 'update', 'delete'])
      api.allowed.add(`system:serviceaccount:platform:${'a-long-name-'.repeat(5)} ${verb} platform/*`);
    api.addBinding('analytics', 'a-long-name-'.repeat(8) + 'x', {
      env: [{ name: 'A_LONG_NAME_'.repeat(9), key: long }],
    });
    await expectNoSidewaysScroll(page, 'sign-in');
    await signIn(page, 'owner');
    await expectNoSidewaysScroll(page, 'stores');
    const views = ['keys', `key/${long}`, 'use', 'audit', 'about', 'keys/a-folder'];
    for (const view of views) {
      await goTo(page, `#/stores/platform/default/${view}`);
      await page.locator('h1').waitFor();
      await page.waitForLoadState('networkidle');
      await expectNoSidewaysScroll(page, view);
    }
    await button('Add key').click();
    await dialog().getByLabel('Key', { exact: true }).fill(long);
    await dialog().getByLabel('Value', { exact: true }).fill('x\n');
    await dialog().getByRole('button', { name: 'Add key' }).click();
    await dialog().getByText('There is such a key already.').waitFor();
    const [content, visible] = await page.evaluate<number[]>(
      '["scrollWidth", "clientWidth"].map((width) => document.querySelector("dialog")[width])',
    );
    expect(content).to.equal(visible);
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).to.equal('rgb(15, 17, 21)');
  });

  it('holds ten thousand keys: drawn where one looks, found as one types', async () => {
    const many = Array.from({ length: 10_000 }, (_, at) => `many/KEY_${String(at).padStart(5, '0')}`);
    for (const path of many) await api.put(path, 'x');
    await signIn(page, 'owner');
    await goTo(page, '#/stores/platform/default/keys/many');
    await page.getByRole('link', { name: 'KEY_00000' }).waitFor();
    await page.getByText('1,000 keys so far').waitFor();
    expect(await page.getByRole('row').count()).to.be.below(80);
    for (let pages = 2; pages <= 10; pages += 1) {
      await page.evaluate('scrollTo(0, document.body.scrollHeight)');
      await page.getByText(pages === 10 ? '10,000 keys' : `${pages},000 keys so far`, { exact: true }).waitFor();
    }
    await page.evaluate('scrollTo(0, document.body.scrollHeight)');
    await page.getByRole('link', { name: 'KEY_09999' }).waitFor();
    expect(await page.getByRole('row').count()).to.be.below(80);
    // By keyboard through it, and back from a key to the same place.
    await page.getByRole('link', { name: 'KEY_09999' }).focus();
    await page.keyboard.press('PageUp');
    await page.keyboard.press('ArrowUp');
    const row = page.locator('a:focus .mono');
    const name = (await row.textContent()) ?? '';
    expect(name).to.match(/^KEY_099[0-9]+$/);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name }).waitFor();
    await page.goBack();
    await page.getByRole('link', { name }).waitFor();
    await page.getByRole('searchbox').pressSequentially('key_0777');
    await page.getByText('10 keys found').waitFor();
    await page.getByRole('link', { name: 'KEY_07779' }).waitFor();
  });

  it('waits for an operator that is busy, and says so when it does not answer', async () => {
    let answers = 0;
    await page.route('**/api/v1/stores', (route) => {
      answers += 1;
      return answers < 3 ? route.fulfill({ status: 503, headers: { 'retry-after': '0' } }) : route.fallback();
    });
    await signIn(page, 'owner');
    await page.getByRole('link', { name: /default/ }).waitFor();
    expect(answers).to.equal(3);
    await page.route('**/keys?*', (route) => route.abort());
    await page.getByRole('link', { name: /default/ }).click();
    await page.getByText('The operator does not answer').waitFor();
    await page.unroute('**/keys?*');
    await button('Try again').click();
    await page.getByRole('link', { name: /ROOT/ }).waitFor();
    visit.complaints.length = 0;
  });
});
