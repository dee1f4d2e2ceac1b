import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { login, type Account } from '../support/client.ts';
import { useHost } from '../support/host.ts';
import { must } from '../support/world.ts';
import { isBrowserMissing, keepPicture, launchBrowser, logIn, openStudio, type Studio } from './browser.ts';

describe.skipIf(isBrowserMissing)('tenants in the content module of Directus 11', () => {
  const host = useHost({ directus: '11' });
  let browser: Browser;
  let studio: Studio;
  let superAdmin: Account;

  beforeAll(async () => {
    superAdmin = await login(host().url, host().superAdmin);
    browser = await launchBrowser();
    studio = await openStudio(browser, host().url);
    await logIn(studio.page, host().superAdmin);
  });

  afterAll(() => browser?.close());

  const saveButton = () => studio.page.locator('header button:has([data-icon="check"])').first();

  test('are created and renamed, and no delete button erases one', async () => {
    const { page } = studio;
    await page.goto('/admin/content/tenants/+');
    await page.locator('[data-field="name"] input').first().fill('Row One');
    await page.locator('[data-field="slug"] input').first().fill('row-one');
    await saveButton().click();
    await page.waitForURL(/\/admin\/content\/tenants$/);

    const tenant = await must<{ id: string; folder: string }>(superAdmin, 'GET', '/tenancy/tenants/row-one');
    expect(tenant.folder).toBe(tenant.id);
    expect(await must(superAdmin, 'GET', `/roles/${tenant.id}?fields=name`)).toEqual({ name: 'Row One' });

    await page.goto(`/admin/content/tenants/${tenant.id}`);
    await page.locator('[data-field="name"] input').first().fill('Row Two');
    await saveButton().click();
    await page.waitForURL(/\/admin\/content\/tenants$/);
    expect(await must(superAdmin, 'GET', `/roles/${tenant.id}?fields=name`)).toEqual({ name: 'Row Two' });

    await page.goto(`/admin/content/tenants/${tenant.id}`);
    await page.locator('header button:has([data-icon="delete"])').first().click();
    const refused = page.waitForResponse((response) => response.request().method() === 'DELETE');
    await page.locator('.v-card button').last().click();
    expect((await refused).status()).toBe(403);
    await keepPicture(page, 'tenants-as-rows');
    expect(await must(superAdmin, 'GET', '/tenancy/tenants/row-one')).toMatchObject({ name: 'Row Two' });
  });
});
