import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { must, uploadFile, type World } from '../support/world.ts';
import { useWorld } from '../support/worlds.ts';
import { findBarriers, isBrowserMissing, keepPicture, launchBrowser, logIn, openStudio } from './browser.ts';

const PASSWORD = 'correct horse battery';

describe.skipIf(isBrowserMissing)('Whose a row is, in the Data Studio of Directus 11', () => {
  const { host, world: getWorld } = useWorld({ directus: '11' });
  let browser: Browser;
  let admin: Page;
  let complaints: string[];
  let member: Page;
  let world: World;

  beforeAll(async () => {
    world = getWorld();
    await uploadFile(world.north.owner, 'north-file');
    await must(world.superAdmin, 'POST', `/tenancy/tenants/${world.south.id}/suspend`);

    browser = await launchBrowser();
    const studio = await openStudio(browser, host().url);
    ({ page: admin, complaints } = studio);
    await logIn(admin, host().superAdmin);
    ({ page: member } = await openStudio(browser, host().url));
    await logIn(member, { email: world.north.owner.email, password: PASSWORD });
  });

  afterAll(() => browser?.close());

  const chip = (page: Page, name: string) => page.locator('.tenant-display', { hasText: name }).first();

  test('is a chip with the name in a table of super-admins, and can be filtered by', async () => {
    await admin.goto('/admin/content/projects');
    await admin.getByText('Tenant', { exact: true }).first().waitFor();
    await chip(admin, 'North').waitFor();
    await chip(admin, 'South').waitFor();
    expect(await chip(admin, 'South').getAttribute('title')).toBe('Suspended');
    expect(await findBarriers(admin, ['.tenant-display'])).toEqual([]);
    await keepPicture(admin, 'tenant-field-table');

    await admin.locator('.search-input .icon-filter').click();
    await admin.getByRole('button', { name: 'Add Filter' }).click();
    await admin.locator('.v-menu-content .v-list-group', { hasText: 'Tenant' }).locator('.v-icon').first().click();
    await admin.locator('.v-menu-content').getByText('Name', { exact: true }).click();
    await admin.locator('.system-filter input, .system-filter .value-input').last().fill('North');
    await chip(admin, 'South').waitFor({ state: 'detached' });
    await chip(admin, 'North').waitFor();
  });

  test('is picked in the form of super-admins', async () => {
    await admin.goto('/admin/content/projects/+');
    await admin.locator('[data-field="tenant_id"] .v-list-item').first().click();
    await admin.locator('.v-drawer tr.table-row', { hasText: 'North' }).click();
    await admin.locator('.v-drawer header button:has([data-icon="check"])').click();
    await admin.locator('[data-field="tenant_id"]', { hasText: 'North' }).waitFor();
    await admin.locator('[data-field="title"] input').fill('Given to North');
    await admin.locator('header button:has([data-icon="check"])').first().click();
    await admin.waitForURL(/\/admin\/content\/projects$/);

    const given = '/items/projects?filter[title][_eq]=Given to North&fields=tenant_id';
    expect(await must(world.superAdmin, 'GET', given)).toEqual([{ tenant_id: world.north.id }]);
    expect(complaints).toEqual([]);
  });

  test('is shown beside a file to super-admins', async () => {
    const [file] = await must<{ id: string }[]>(world.north.owner, 'GET', '/files?fields=id');
    await admin.goto(`/admin/files/${file!.id}`);
    await admin.locator('[data-field="tenant_id"]', { hasText: 'North' }).waitFor();
    await keepPicture(admin, 'tenant-field-file');

    await member.goto(`/admin/files/${file!.id}`);
    await member.locator('[data-field="title"]').waitFor();
    expect(await member.locator('[data-field="tenant_id"]').count()).toBe(0);
  });

  test('is not shown to members: not in a table, not in a form', async () => {
    await member.goto('/admin/content/projects');
    await member.locator('tr.table-row').first().waitFor();
    expect(await member.locator('th', { hasText: 'Tenant' }).count()).toBe(0);
    expect(await member.locator('.tenant-display').count()).toBe(0);

    await member.goto('/admin/content/projects/+');
    await member.locator('[data-field="title"] input').waitFor();
    expect(await member.locator('[data-field="tenant_id"]').count()).toBe(0);
  });
});
