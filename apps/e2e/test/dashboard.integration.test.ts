import { hashPassword } from '@masque/password';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { chromiumPath, openBrowser, shoot } from '../src/browser.ts';
import { aLogin, traffic } from '../src/logins.ts';
import { openWorld, type World } from '../src/world.ts';

const stack = inject('stack');
const password = 'correct horse battery';
const sentinels = ['203.0.113.211', 'SENTINEL-device-7f3a91', 'SENTINEL-broken-json-52c0'];

if (chromiumPath === undefined) {
  console.warn(
    'No chromium on the PATH: the dashboard is not tested in a browser. On Debian: apt-get install chromium',
  );
}

/** One after the other: a pipeline under load, looked at with a browser by somebody who logs in. */
describe.skipIf(chromiumPath === undefined)('the dashboard in a browser', () => {
  let world: World;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let pages: string;
  const complaints: string[] = [];
  const elsewhere: string[] = [];
  const bodies: Promise<readonly [string, string]>[] = [];

  beforeAll(async () => {
    const [hash, opened, launched] = await Promise.all([
      hashPassword(password),
      openWorld({ stack, replicas: { extractor: 1, masker: 1, loader: 1 }, redisUsers: true }),
      openBrowser(),
    ]);
    [world, browser] = [opened, launched];
    const dashboard = world.local.start('dashboard', { DASHBOARD_PORT: '0', DASHBOARD_PASSWORD_HASH: hash });
    pages = await dashboard.pages;
    context = await browser.newContext({ reducedMotion: 'reduce' });
    page = await context.newPage();
    await context.addInitScript(
      `addEventListener('securitypolicyviolation', ({ violatedDirective: rule, sourceFile }) => console.error('refused by ' + rule, sourceFile))`,
    );
    context.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    context.on('weberror', (error) => complaints.push(error.error().message));
    context.on('request', (request) => {
      if (new URL(request.url()).origin !== pages) elsewhere.push(request.url());
    });
    context.on('response', (response) => {
      // A stream has no end; it is read apart.
      if (response.url().endsWith('/live')) return;
      bodies.push(
        response.text().then(
          (text) => [response.url(), text] as const,
          () => [response.url(), ''] as const,
        ),
      );
    });
  });
  afterAll(async () => {
    await browser?.close();
    await world?.[Symbol.asyncDispose]();
  });

  const words = (selector: string) => page.locator(selector).textContent();

  it('asks for the password, and opens with the right one', async () => {
    await page.goto(pages);
    expect(page.url()).toBe(`${pages}/login`);
    expect(await shoot(page, 'login')).toEqual([]);
    await page.getByLabel('Password').fill('not this one');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('alert').getByText('That is not the password.').waitFor();
    await page.getByLabel('Password').fill(password);
    await page.keyboard.press('Enter');
    await page.waitForURL(`${pages}/`);
    // The browser itself logs the 401 that was asked for.
    expect(complaints.splice(0)).toEqual([expect.stringContaining('401')]);
  });

  it('shows the pipeline at work, as it works', async () => {
    await world.send([
      JSON.stringify(aLogin({ ip: sentinels[0], device_id: sentinels[1] })),
      `{"broken": "${sentinels[2]}"`,
      ...traffic(400).bodies,
    ]);
    const board = await context.newPage();
    await board.goto(`${pages}/queues/queue/user-logins.extracted`);
    await board.getByText('user-logins.masked').first().waitFor();
    await board.close();
    // The server says it as it is, and the page as the server says it.
    await page.locator('#held tr', { hasText: 'wrong kind' }).waitFor();
    await page.waitForFunction(`document.querySelectorAll('#newest tr').length === 12`);
    await page.locator('[data-stage="loader"] [data-field="state"]', { hasText: '1 working' }).waitFor();
    await world.whenQuiet();
    await page.locator('figure canvas').nth(3).waitFor();
    await page.locator('figure[data-chart="quarantine"] .legend', { hasText: 'not json' }).waitFor();
    expect(await words('#pipeline')).toBe('user-logins');
    expect(await shoot(page, 'overview')).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('can be read without eyes and used without a mouse', async () => {
    for (const landmark of ['banner', 'navigation', 'main', 'contentinfo'] as const) {
      expect([landmark, await page.getByRole(landmark).count()]).toEqual([landmark, 1]);
    }
    expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1);
    expect(await page.locator('[aria-live="polite"]').count()).toBe(1);
    await page.locator('body').press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('To the picture');
    const tables = page.locator('figure details');
    expect(await tables.count()).toBe(4);
    await tables.first().locator('summary').press('Enter');
    await tables.first().getByRole('columnheader', { name: 'received' }).waitFor();
    await tables.first().getByRole('cell').first().waitFor();
  });

  it('says in words what is wrong, and what to do', async () => {
    const loader = world.local.processes.find(({ stage }) => stage === 'loader');
    await loader?.stop('SIGKILL');
    await world.send(traffic(100).bodies);
    await page.getByRole('heading', { name: 'No loader is running' }).waitFor({ timeout: 60_000 });
    expect(await words('#state')).toBe('Messages do not get through');
    expect(await words('#conditions')).toContain('SQS keeps the messages meanwhile');
    expect(await page.title()).toBe('(1) Masque');
    await page.waitForFunction(
      `Number(document.querySelector('[data-arrow="masked"] [data-field="depth"]').textContent) > 0`,
    );
    expect(await shoot(page, 'no-loader')).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('shows the queues, with nothing of what is in them', async () => {
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.getByRole('link', { name: 'Queues' }).click();
    await page.getByText('user-logins.extracted').first().waitFor();
    await page.goto(`${pages}/queues/queue/user-logins.masked`);
    await page
      .getByText(/^b-[\w-]{16}$/)
      .first()
      .waitFor();
    await page.getByText('bytes').first().waitFor();
    expect(complaints).toEqual([]);
  });

  it('shows each of their pages as its makers drew it: nothing is refused or fails, by day and by night', async () => {
    const [job = ''] = await world.redis.lrange(`${world.bundle.redisPrefix}:user-logins.masked:wait`, 0, 0);
    const queue = '/queues/queue/user-logins.masked';
    const places = {
      queues: ['/queues/', 'user-logins.settled'],
      queue: [queue, job],
      waiting: [`${queue}?status=waiting`, job],
      active: [`${queue}?status=active`, 'user-logins.masked'],
      delayed: [`${queue}?status=delayed`, 'user-logins.masked'],
      batch: [`${queue}/${job}`, job],
    } as const;
    for (const [name, [path, words]] of Object.entries(places)) {
      await page.goto(`${pages}${path}`);
      await page.getByText(words).filter({ visible: true }).first().waitFor();
      expect([name, await shoot(page, `board-${name}`)]).toEqual([name, []]);
    }
    // The one sheet that is in the page itself colours this icon.
    const icon = page.locator('.rds-b1').first();
    expect(await icon.evaluate('(path) => getComputedStyle(path).fill')).not.toBe('rgb(0, 0, 0)');
    expect(complaints).toEqual([]);
  });

  it('lets nobody write, logged in or not', async () => {
    const depth = async () => await world.redis.llen(`${world.bundle.redisPrefix}:user-logins.masked:wait`);
    const before = await depth();
    expect(before).toBeGreaterThan(0);
    const [job] = await world.redis.lrange(`${world.bundle.redisPrefix}:user-logins.masked:wait`, 0, 0);
    const queue = `${pages}/queues/api/queues/user-logins.masked`;
    for (const path of ['pause', 'empty', 'obliterate', 'promote', `${job}/clean`, `${job}/retry/failed`]) {
      for (const method of ['PUT', 'POST', 'DELETE', 'PATCH']) {
        const answer = await context.request.fetch(`${queue}/${path}`, { method, failOnStatusCode: false });
        expect([method, path, answer.status()]).toEqual([method, path, 405]);
      }
    }
    expect(await depth()).toBe(before);
    const stranger = await browser.newContext();
    const refused = await stranger.request.fetch(`${queue}/pause`, { method: 'PUT' });
    expect(refused.status()).toBe(401);
    expect((await stranger.request.get(`${pages}/live`)).status()).toBe(401);
    await stranger.close();
  });

  it('has sent no value, token, receipt or sealed body to the browser, and asked for nothing elsewhere', async () => {
    const [job = ''] = await world.redis.lrange(`${world.bundle.redisPrefix}:user-logins.masked:wait`, 0, 0);
    const key = `${world.bundle.redisPrefix}:user-logins.masked:${job}`;
    const data = await world.redis.hget(key, 'data');
    const { receipts } = JSON.parse(data ?? '{}') as { readonly receipts: readonly string[] };
    expect((await world.redis.hvals(`${key}:freight`)).join()).toContain('rsa1.');
    expect(receipts.length).toBeGreaterThan(0);
    for (const path of ['', '/logs', '/flow?depth=5&maxChildren=5']) {
      const answer = await context.request.get(`${pages}/queues/api/queues/user-logins.masked/${job}${path}`);
      bodies.push(answer.text().then((text) => [answer.url(), text] as const));
    }
    await page.goto(pages);
    const streamed = await page.evaluate(async () => {
      const reader = (await fetch('/live')).body?.getReader();
      let text = '';
      while ((text.match(/event: overview/g) ?? []).length < 3)
        text += new TextDecoder().decode((await reader?.read())?.value);
      await reader?.cancel();
      return text;
    });
    bodies.push(Promise.resolve(['/live', streamed] as const));
    const all = await Promise.all(bodies);
    expect(all.some(([url, text]) => url.includes(job) && text.includes('"bytes"'))).toBe(true);
    const planted = [...sentinels, ...receipts, 'rsa1.', 'device-1', 'stacktrace":["'];
    const found = all.flatMap(([url, text]) =>
      planted.filter((each) => text.includes(each)).map((each) => [url, each]),
    );
    expect(found).toEqual([]);
    expect(elsewhere).toEqual([]);
    expect(await world.redisUsers?.refusals()).toEqual([]);
  });

  it('logs out', async () => {
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.waitForURL(`${pages}/login`);
    await page.goto(`${pages}/queues/`);
    expect(page.url()).toBe(`${pages}/login`);
  });
});
