import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useWorld } from '../support/worlds.ts';
import {
  findBarriers,
  isBrowserMissing,
  keepPicture,
  launchBrowser,
  logIn,
  openStudio,
  PAGES,
  type Studio,
} from './browser.ts';

const ANY_PAGES = `**${PAGES}`;

describe.skipIf(isBrowserMissing)('The pages of the bundle, in the Data Studio of Directus 11', () => {
  const { host } = useWorld({ directus: '11' });
  let browser: Browser;
  let studio: Studio;
  let page: Page;
  let loaded: string[] = [];

  beforeAll(async () => {
    browser = await launchBrowser();
    studio = await openStudio(browser, host().url);
    page = studio.page;
    page.on('request', (request) => {
      if (request.url().endsWith(PAGES)) loaded.push(request.method());
    });
    await logIn(page, host().superAdmin);
    await page.locator('.module-bar').waitFor();
  });

  afterAll(() => browser?.close());

  const open = (name: string) => page.locator('.module-bar a', { has: page.locator(`[data-icon="${name}"]`) }).click();

  test('are not loaded before somebody goes there, and then once', async () => {
    await page.goto('/admin/users');
    await page.locator('tr.table-row').first().waitFor();
    // The page after the login shows whose rows are there, and may have asked for it until it was left.
    loaded = [];
    await page.reload();
    await page.locator('tr.table-row').first().waitFor();
    expect(loaded).toEqual([]);

    await open('domain');
    // Until the page is there, the one before is.
    await page.locator('.tenants-table tr.table-row', { hasText: 'North' }).waitFor();
    await page.getByRole('link', { name: 'Health' }).click();
    await page.waitForURL(/\/-\/health$/);
    expect(loaded).toEqual(['GET']);
  });

  test('say what to do where they cannot be loaded, and are there after a reload', async () => {
    await page.route(ANY_PAGES, (route) => route.abort());
    await page.goto('/admin/tenants');
    await page.getByRole('alert').getByText('This page could not be loaded').waitFor();
    expect(await findBarriers(page, ['main [role="alert"]'], ['.v-info .content'])).toEqual([]);
    await keepPicture(page, 'pages-missing');

    await page.unroute(ANY_PAGES);
    await page.getByRole('button', { name: 'Reload' }).click();
    await page.locator('tr.table-row', { hasText: 'North' }).waitFor();
  });

  test('leave the name of a tenant in a table where they cannot be loaded', async () => {
    await page.route(ANY_PAGES, (route) => route.abort());
    await page.goto('/admin/content/projects');
    const cell = page.locator('tr.table-row td', { hasText: /^\s*North\s*$/ }).first();
    await cell.waitFor();
    expect(await cell.locator('.tenant-display').count()).toBe(0);

    await page.unroute(ANY_PAGES);
    await page.reload();
    await cell.locator('.tenant-display').waitFor();
    expect(studio.complaints).toEqual([]);
  });
});
