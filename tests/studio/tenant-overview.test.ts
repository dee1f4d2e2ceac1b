import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { login, type Account } from '../support/client.ts';
import { createCollection } from '../support/collections.ts';
import { useHost } from '../support/host.ts';
import { runSql } from '../support/sql.ts';
import { must } from '../support/world.ts';
import {
  findBarriers,
  goWithin,
  isBrowserMissing,
  keepPicture,
  launchBrowser,
  logIn,
  openStudio,
  TRACKING,
  type Studio,
  untilExamined,
} from './browser.ts';

const DAY = 86_400_000;
const ARTICLES = 20;

describe.skipIf(isBrowserMissing).each(['11', '12'] as const)('the page of a tenant on Directus %s', (directus) => {
  const host = useHost({ directus });
  let browser: Browser;
  let studio: Studio;
  let page: Page;
  let superAdmin: Account;
  let north: string;

  beforeAll(async () => {
    superAdmin = await login(host().url, host().superAdmin);
    const owner = { email: 'olive@north.example.com', password: 'correct horse battery', first_name: 'Olive' };
    ({ id: north } = await must<{ id: string }>(superAdmin, 'POST', '/tenancy/tenants', { name: 'North', owner }));
    await must(superAdmin, 'POST', '/tenancy/tenants/north/members', {
      email: 'sam@north.example.com',
      password: 'correct horse battery',
      first_name: 'Sam',
      level: 'editor',
    });
    const { id: south } = await must<{ id: string }>(superAdmin, 'POST', '/tenancy/tenants', { name: 'South' });

    await createCollection(
      superAdmin,
      'articles',
      [
        { field: 'title', type: 'string', meta: { interface: 'input' }, schema: {} },
        { field: 'created', type: 'timestamp', meta: { special: ['date-created'], hidden: true }, schema: {} },
      ],
      { icon: 'newspaper', translations: [{ language: 'en-US', translation: 'Newspaper Articles' }] },
    );
    const plain = Array.from({ length: 11 }, (_, index) => `list_${String(index + 1).padStart(2, '0')}`);
    for (const collection of plain) await createCollection(superAdmin, collection);
    for (const collection of ['articles', ...plain]) {
      await must(superAdmin, 'PUT', `/tenancy/collections/${collection}`, { scope: 'tenant' });
    }

    const articles = await must<{ id: number }[]>(
      superAdmin,
      'POST',
      '/items/articles',
      Array.from({ length: ARTICLES }, (_, index) => ({ title: `north-${index}`, tenant_id: north })),
    );
    await must(superAdmin, 'POST', '/items/articles', [{ title: 'south-1', tenant_id: south }]);

    // More on some days than on others, and all of them within the last ten.
    for (const [index, { id }] of articles.entries()) {
      const moment = Date.now() - Math.floor(Math.sqrt(index * 2)) * DAY;
      await runSql(host().database, 'UPDATE articles SET created = ? WHERE id = ?', [moment, id]);
    }

    browser = await launchBrowser();
    studio = await openStudio(browser, host().url);
    page = studio.page;
    await logIn(page, host().superAdmin);
  });

  afterAll(() => browser?.close());

  const open = async (to: Page): Promise<void> => {
    await untilExamined(to, () => to.goto(`/admin/tenants/${north}`));
    await to.locator('.growth-chart').waitFor();
    await to.locator('.entries li').first().waitFor();
  };

  test('shows how the tenant grew, and when somebody was there last', async () => {
    await open(page);
    await page.getByText(`${ARTICLES} new items in 30 days`).waitFor();
    const chart = page.getByRole('img', { name: /^New items by day, from .* to .*\. The most: \d+, on / });
    expect(await chart.locator('.bar').count()).toBe(30);
    expect(await chart.locator('.day').last().locator('title').textContent()).toMatch(/: One item$/);
    await page.getByText('Nobody has been here yet').waitFor();
    await page.getByText(/^Not counted, since nothing notes .*: List 01, .* and 6 more\.$/).waitFor();

    await login(host().url, { email: 'olive@north.example.com', password: 'correct horse battery' });
    await open(page);
    await page.locator('.last-activity', { hasText: /now|ago/ }).waitFor();
  });

  test('stays where it is while it loads', async () => {
    // What the doctor fails, such as a licence without rules, slides in once, on the first page of the module.
    await untilExamined(page, () => page.goto('/admin/tenants'));
    await page.locator('.tenants-table tr.table-row').first().waitFor();
    await page.waitForLoadState('networkidle');
    expect(await goWithin(page, `/tenants/${north}`, '.growth-chart')).toEqual([]);
  });

  test('counts its content, and folds a long list', async () => {
    const entries = page.locator('.tenant-content li');
    expect(await entries.count()).toBe(10);
    await entries.first().getByText('Newspaper Articles').waitFor();
    await entries.first().getByText(`${ARTICLES} items`).waitFor();

    await page.getByRole('button', { name: 'Show all 13 collections' }).click();
    expect(await entries.count()).toBe(13);
    expect(await findBarriers(page, ['main .content'])).toEqual([]);
    await keepPicture(page, `tenant-overview-${directus}`);
  });

  test('leads to the content of the tenant, and of no other', async () => {
    await page.getByRole('link', { name: /Newspaper Articles/ }).click();
    await page.waitForURL(/\/admin\/content\/articles\?bookmark=-\d+$/);
    await page.getByRole('heading', { level: 1, name: 'North' }).waitFor();
    await page.locator('tr.table-row').first().waitFor();
    expect(await page.locator('tr.table-row').count()).toBe(ARTICLES);
    expect(await page.getByText('south-1').count()).toBe(0);
    await keepPicture(page, `tenant-content-${directus}`);

    // Nothing was written for it.
    expect(await must(superAdmin, 'GET', '/presets?filter[bookmark][_nnull]=true')).toEqual([]);

    await page.goBack();
    await page.locator('.growth-chart').waitFor();
  });

  test('says at its field what is wrong with settings, and sends nothing', async () => {
    await open(page);
    await page.getByLabel('Settings').fill('{\n  "seats": 5,\n  colour\n}');
    await page.getByText('This is not valid JSON: look at line 3.').waitFor();
    expect(await page.getByLabel('Settings').getAttribute('aria-invalid')).toBe('true');

    const changes: string[] = [];
    page.on('request', (request) => {
      const { pathname } = new URL(request.url());
      if (!['GET', 'SEARCH'].includes(request.method()) && pathname !== TRACKING) changes.push(pathname);
    });
    await page.getByRole('button', { name: 'Save' }).click();
    expect(await page.getByLabel('Settings').evaluate((field) => field === document.activeElement)).toBe(true);
    await page.locator('.tenant-more-fields').scrollIntoViewIfNeeded();
    await keepPicture(page, `tenant-settings-invalid-${directus}`);
    expect(changes).toEqual([]);
    expect((await must<{ settings: unknown }>(superAdmin, 'GET', '/tenancy/tenants/north')).settings).toBeNull();
  });

  test('saves settings and domains', async () => {
    await page.getByLabel('Settings').fill('{ "seats": 5 }');
    await page.getByText('This is not valid JSON').waitFor({ state: 'detached' });
    await page.getByLabel('Domains').fill('North.example.com');
    await page.keyboard.press('Enter');
    await page.getByLabel('Domains').fill('nowhere');
    await page.keyboard.press(',');
    await page.getByText('“nowhere” is no host name such as acme.example.com.').waitFor();
    await page.getByLabel('Remove nowhere').click();
    await page.getByText('“nowhere” is no host name').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Tenant “North” was saved').first().waitFor();

    expect(await must(superAdmin, 'GET', '/tenancy/tenants/north')).toMatchObject({
      settings: { seats: 5 },
      domains: ['north.example.com'],
    });
    expect(await page.getByLabel('Settings').inputValue()).toBe('{\n  "seats": 5\n}');
    expect(await findBarriers(page, ['main .content'])).toEqual([]);
  });

  test('tells in the activity whom it is about', async () => {
    await page.locator('.entries li', { hasText: 'Member added' }).getByText('Sam, Editor').waitFor();
    await page.locator('.entries li', { hasText: 'Tenant created' }).getByText('north, Olive').waitFor();
  });

  test.each([
    ['in the dark', { colorScheme: 'dark' }],
    ['on a phone', { width: 390 }],
  ] as const)('keeps its shape %s', async (name, options) => {
    const other = await openStudio(browser, host().url, options);
    const kind = name.split(' ').at(-1)!;
    await logIn(other.page, host().superAdmin);
    await open(other.page);
    await keepPicture(other.page, `tenant-overview-${directus}-${kind}`);
    await other.page.locator('.tenant-more-fields').scrollIntoViewIfNeeded();
    await keepPicture(other.page, `tenant-settings-${directus}-${kind}`);
    await other.page.locator('.entries').scrollIntoViewIfNeeded();
    await keepPicture(other.page, `tenant-audit-${directus}-${kind}`);
    expect(await findBarriers(other.page, ['main .content'])).toEqual([]);
    expect(other.complaints).toEqual([]);
    await other.context.close();
  });

  test('had nothing to complain about', () => {
    expect(studio.complaints).toEqual([]);
    expect(studio.refusals).toEqual([]);
  });
});
