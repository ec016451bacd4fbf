import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { SecretValue } from '../../operator/api/secret-value.ts';
import { CANARY, type ApiWorld } from '../http/api-world.ts';
import { key } from '../support/keys.ts';
import { eachVisit, goTo, readyCondition, signIn, type Visit } from './console-world.ts';

const KEY = 'orders/DB_PASSWORD';
const HOSTILE = '</td><img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>';

describe('the Secrets page, in a browser: what it keeps safe', function () {
  this.timeout(60_000);
  let api: ApiWorld;
  let page: Page;
  let visit: Visit;

  eachVisit((made) => {
    visit = made;
    ({ api, page } = made);
  });

  const button = (name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' });
  const dialog = () => page.getByRole('dialog');

  it('runs no code but its own, whatever gets into it', async () => {
    await page.evaluate(
      'addEventListener("securitypolicyviolation", (event) => (window.violations ??= []).push(event.effectiveDirective))',
    );
    const tried = await page.evaluate<string[]>(`(async () => {
      const failed = [];
      const attempt = async (name, work) => { try { await work(); } catch { failed.push(name); } };
      await attempt('innerHTML', () => { document.body.innerHTML = '<b>'; });
      await attempt('timer', () => setTimeout('window.owned = true', 0));
      await attempt('policy', () => trustedTypes.createPolicy('mine', {}));
      await attempt('fetch', () => fetch('https://127.0.0.1:1/'));
      for (const [tag, set] of [['script', { textContent: 'window.owned = true' }], ['style', { textContent: 'body { opacity: 0 }' }], ['img', { src: 'https://127.0.0.1:1/' }]]) {
        await attempt(tag, () => document.head.append(Object.assign(document.createElement(tag), set)));
      }
      await attempt('onclick', () => { document.body.setAttribute('onclick', 'window.owned = true'); });
      await new Promise((resolve) => setTimeout(resolve, 50));
      return failed;
    })()`);
    expect(tried).to.include.members(['innerHTML', 'timer', 'policy', 'fetch', 'script', 'onclick']);
    const violations = await page.evaluate<string[]>('window.violations');
    visit.complaints.length = 0;
    expect(violations).to.include.members(['require-trusted-types-for', 'connect-src', 'img-src', 'style-src-elem']);
    expect(await page.evaluate('window.owned')).to.equal(undefined);
  });

  it('shows names as text, whatever they are', async () => {
    api.users.set('owner', { username: HOSTILE });
    for (const verb of ['list', 'get', 'update']) api.allowed.add(`${HOSTILE} ${verb} platform/*`);
    const message = `Not ready: ${HOSTILE}`;
    api.stores[0] = {
      ...api.stores[0]!,
      status: { conditions: [readyCondition('False', 'StoreUnreachable', message)] },
    };
    api.addBinding('analytics', 'orders', { env: [{ name: 'A', key: KEY }] });
    const metadata = { namespace: 'analytics', name: 'driver', creationTimestamp: HOSTILE };
    api.drivers.push({ metadata, application: HOSTILE, status: { phase: HOSTILE }, of: 'analytics/orders' });
    await api.put(KEY, HOSTILE);
    await signIn(page, 'owner');
    await page.getByText(message).waitFor();
    await goTo(page, `#/stores/platform/default/key/${KEY}`);
    await page.locator('.graph').getByText(HOSTILE, { exact: true }).waitFor();
    await button('Reveal').click();
    await page.getByLabel('The value', { exact: true }).getByText(HOSTILE, { exact: true }).waitFor();
    await page.locator('.events').getByText(HOSTILE, { exact: true }).waitFor();
    expect(await page.locator('img, script:not([src])').count()).to.equal(0);
    await goTo(page, `#/stores/platform/default/key/${encodeURIComponent(HOSTILE)}`);
    await page.getByText('This is not the form of a key').waitFor();
    expect(await page.title()).not.to.equal('owned');
  });

  it('says that somebody changed it meanwhile, and loses nothing that was typed', async () => {
    await signIn(page, 'owner');
    await goTo(page, `#/stores/platform/default/key/${KEY}`);
    await button('Change value').click();
    await dialog().getByLabel('New value').fill('mine');
    const theirs = await api.put(KEY, 'theirs');
    await dialog().getByRole('button', { name: 'Save', exact: true }).click();
    await dialog().getByText('Somebody changed it meanwhile.').waitFor();
    expect(await dialog().getByRole('button', { name: 'Save', exact: true }).isDisabled()).to.be.true;
    await dialog()
      .getByRole('button', { name: /Take the new version/ })
      .click();
    await dialog().getByText(`Changes version ${theirs}.`).waitFor();
    expect(await dialog().getByLabel('New value').inputValue()).to.equal('mine');
    await dialog().getByRole('button', { name: 'Save', exact: true }).click();
    await dialog().waitFor({ state: 'detached' });
    await page.locator('.versions li').nth(2).waitFor();
    // An earlier value again, unless that is old news, too.
    await button(`Roll back to version ${theirs}`).click();
    await api.put(KEY, 'theirs again');
    await dialog().getByRole('button', { name: 'Roll back' }).click();
    await dialog().getByText('Somebody changed it meanwhile.').waitFor();
    await dialog().getByRole('button', { name: 'Look again' }).click();
    await page.locator('.versions li').nth(3).waitFor();
    await button(`Roll back to version ${theirs}`).click();
    await dialog().getByRole('button', { name: 'Roll back' }).click();
    await page.getByText(`has the value of version ${theirs} again.`).waitFor();
    await button('Delete').click();
    await api.put(KEY, 'once more');
    await dialog().getByRole('button', { name: 'Delete key' }).click();
    await dialog().getByText('Somebody changed it meanwhile').waitFor();
    expect(await dialog().getByRole('button', { name: 'Delete key' }).isDisabled()).to.be.true;
    // The page has the new version behind it.
    await page.locator('.versions li').nth(5).waitFor();
    // Nor is it deleted from under an application that has just started.
    await page.keyboard.press('Escape');
    await button('Delete').click();
    await dialog().getByText('No binding uses it.').waitFor();
    api.addBinding('analytics', 'orders', { env: [{ name: 'A', key: KEY }] });
    api.drivers.push({ metadata: { namespace: 'analytics', name: 'driver' }, of: 'analytics/orders' });
    await dialog().getByRole('button', { name: 'Delete key' }).click();
    await dialog().getByText('has just started to').waitFor();
    expect(await dialog().getByRole('button', { name: 'Delete although it is in use' }).isDisabled()).to.be.true;
    const { json } = await api.call(`/api/v1/namespaces/platform/stores/default/values/${KEY}`);
    expect(json['value']).to.equal('once more');
  });

  it('hides a revealed value again by itself, and copies it without showing it', async () => {
    await api.put('orders/KEYSTORE', 'x');
    await signIn(page, 'owner');
    await goTo(page, `#/stores/platform/default/key/${KEY}`);
    await button('Copy').click();
    await page.getByText('Copied the value.').waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).to.equal(`${CANARY}-1`);
    expect(await page.content()).not.to.contain(CANARY);
    await page.clock.install();
    await button('Reveal').click();
    await page.getByText(`${CANARY}-1`, { exact: true }).waitFor();
    await page.getByText('Hides in 20 s').waitFor();
    await page.clock.fastForward(19_000);
    await page.getByText('Hides in 1 s').waitFor();
    await page.clock.fastForward(1500);
    await button('Reveal').waitFor();
    expect(await page.content()).not.to.contain(CANARY);
    await button('Reveal').click();
    await button('Hide').click();
    await button('Reveal').click();
    await page.getByText(`${CANARY}-1`, { exact: true }).waitFor();
    await goTo(page, '#/stores/platform/default/keys');
    await page.getByRole('heading', { name: 'All keys' }).waitFor();
    expect(await page.content()).not.to.contain(CANARY);
    expect(api.audited.filter(({ operation }) => operation === 'revealValue')).to.have.length(4);
  });

  it('shows and copies the value that there is now, under its own version, and says what is no text', async () => {
    await signIn(page, 'owner');
    await goTo(page, `#/stores/platform/default/key/${KEY}`);
    const first = (await page.locator('.versions li strong').textContent()) ?? '';
    await page.getByText(`Version ${first}`, { exact: true }).waitFor();
    const second = await api.put(KEY, 'second');
    await button('Reveal').click();
    await page.getByLabel('The value', { exact: true }).getByText('second', { exact: true }).waitFor();
    await page.getByText(`Version ${second}`, { exact: true }).waitFor();
    await page.locator('.versions li').nth(1).waitFor();
    expect(await page.getByLabel('The value', { exact: true }).textContent()).to.equal('second');
    // A change that the page sees hides the value of before.
    await button(`Roll back to version ${first}`).click();
    await dialog().getByRole('button', { name: 'Roll back' }).click();
    await page.locator('.versions li').nth(2).waitFor();
    await button('Reveal').waitFor();
    const { signal } = new AbortController();
    const last = await api.values.write(key(KEY), SecretValue.fromBytes(Buffer.from([255, 0, 1])), { signal });
    await button('Copy').click();
    await page.getByText('Copied the value as base64: it is no text.').waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).to.equal('/wAB');
    await page.getByText(`Version ${last.version}`, { exact: true }).waitFor();
  });

  it('asks for another token when one is good no more, and goes on where it was', async () => {
    await signIn(page, 'owner');
    await goTo(page, '#/stores/platform/default/keys/orders');
    await button('Add key').waitFor();
    await page.keyboard.press('n');
    await dialog().getByLabel('Key', { exact: true }).fill('orders/NEW');
    await dialog()
      .locator('input[type=file]')
      .setInputFiles({ name: 'a.jks', mimeType: '', buffer: Buffer.from([255, 0, 1]) });
    await dialog().getByText('3 bytes, kept as it is').waitFor();
    const owner = api.users.get('owner')!;
    api.users.delete('owner');
    // A good token is believed for some seconds.
    visit.laterMs = 60_000;
    await dialog().getByRole('button', { name: 'Add key' }).click();
    const again = page.getByRole('dialog', { name: 'Sign in again' });
    await again.getByLabel('Token of the cluster').fill('owner');
    await again.getByRole('button', { name: 'Sign in' }).click();
    await again.getByText('does not know this token').waitFor();
    await page.keyboard.press('Escape');
    api.users.set('renewed', owner);
    await again.getByLabel('Token of the cluster').fill(' Bearer renewed\n');
    await again.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Added orders/NEW.').waitFor();
    const { json } = await api.call('/api/v1/namespaces/platform/stores/default/values/orders/NEW', { as: 'renewed' });
    expect(json['valueBase64']).to.equal('/wAB');
    // Out: nothing is left, not even for the button that goes back.
    await button('Sign out').click();
    await page.getByLabel('Token of the cluster').waitFor();
    await page.goBack();
    await page.getByLabel('Token of the cluster').waitFor();
    expect(await page.content()).not.to.match(/orders|default/);
  });

  it('begins anew for a token of somebody else: nothing is done, shown or allowed in the name of the former', async () => {
    await signIn(page, 'owner');
    await goTo(page, `#/stores/platform/default/keys/orders`);
    await page.getByRole('link', { name: 'DB_PASSWORD' }).click();
    await button('Change value').click();
    await dialog().getByLabel('New value').fill('mine');
    api.users.delete('owner');
    visit.laterMs = 60_000;
    await dialog().getByRole('button', { name: 'Save', exact: true }).click();
    const again = page.getByRole('dialog', { name: 'Sign in again' });
    for (const verb of ['list', 'update']) api.allowed.add(`ada ${verb} platform/*`);
    api.users.set('token-of-ada', { username: 'ada' });
    await again.getByLabel('Token of the cluster').fill('token-of-ada');
    await again.getByRole('button', { name: 'Sign in' }).click();
    await again.waitFor({ state: 'detached' });
    await page.getByText('You may not reveal it').waitFor();
    expect(await dialog().count()).to.equal(0);
    const { json } = await api.call(`/api/v1/namespaces/platform/stores/default/versions/${KEY}`, {
      as: 'token-of-ada',
    });
    expect(json['items']).to.have.length(1);
    // A list that the former left is asked for again.
    await api.put('orders/LATER', 'x');
    await goTo(page, '#/stores/platform/default/keys/orders');
    await page.getByRole('link', { name: 'LATER' }).waitFor();
  });

  it('offers a namespace what it may do with the keys that it is granted', async () => {
    api.addBinding('analytics', 'orders', { env: [{ name: 'A', key: KEY }] });
    await signIn(page, 'analytics-viewer', 'analytics');
    await page.getByRole('link', { name: /default/ }).click();
    await page.getByText('1 folder', { exact: true }).waitFor();
    expect(await button('Add key').count()).to.equal(0);
    await page.getByRole('link', { name: /orders/ }).click();
    await page.getByRole('link', { name: 'DB_PASSWORD' }).click();
    await page.getByText('You may not reveal it').waitFor();
    for (const name of ['Reveal', 'Copy', 'Change value', 'Delete'])
      expect(await button(name).count(), name).to.equal(0);
    await page.locator('section').getByRole('link', { name: 'Use in a job' }).click();
    expect(await page.getByLabel('Namespace').inputValue()).to.equal('analytics');
    await button('Add variable').click();
    await page.getByLabel('Key', { exact: true }).fill('sales/TOKEN');
    await page.getByText('The store does not grant sales/TOKEN to analytics').waitFor();
    await page.getByLabel('Key', { exact: true }).fill('orders/NOT_THERE');
    await page.getByText('The store has no key orders/NOT_THERE.').waitFor();
    await page.getByRole('link', { name: 'Store', exact: true }).click();
    await page.getByText('Keys granted to analytics').waitFor();
    await page.getByText('not reveal values').waitFor();
    await button(/Working as analytics/).click();
    await dialog().getByLabel('Namespace').fill('');
    await dialog().getByRole('button', { name: 'Work as myself' }).click();
    await page
      .getByRole('alert')
      .getByText(/may not list/)
      .waitFor();
  });

  it('warns of a token that would go unencrypted', async () => {
    const warning = page.getByText('This page came without encryption');
    expect(await warning.count()).to.equal(0);
    await page.addInitScript('Object.defineProperty(window, "isSecureContext", { value: false })');
    await page.reload();
    await warning.waitFor();
  });
});
