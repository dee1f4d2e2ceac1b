import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { login, send } from '../support/client.ts';
import { useHost } from '../support/host.ts';
import {
  findBarriers,
  goWithin,
  isBrowserMissing,
  keepPicture,
  launchBrowser,
  logIn,
  openStudio,
  PAGES,
  type Studio,
  untilExamined,
} from './browser.ts';

const owner = { email: 'olive@north.example.com', password: 'correct horse battery' };
const moduleLink = 'a[href$="/admin/tenants"]';

describe.skipIf(isBrowserMissing).each(['11', '12'] as const)('the Tenants module on Directus %s', (directus) => {
  const host = useHost({ directus });
  let browser: Browser;
  let studio: Studio;
  let page: Page;

  beforeAll(async () => {
    browser = await launchBrowser();
    studio = await openStudio(browser, host().url);
    page = studio.page;
    await logIn(page, host().superAdmin);
  });

  afterAll(() => browser.close());

  const row = (name: string) => page.locator('tr.table-row', { hasText: name });
  const drawer = () => page.locator('.v-drawer');
  const title = (name: string) => page.getByRole('heading', { level: 1, name }).waitFor();

  test('is in the module bar of a super-admin and invites to create the first tenant', async () => {
    await untilExamined(page, () => page.locator(moduleLink).click());
    await title('Tenants');
    await page.getByText('No tenants yet').waitFor();
  });

  test('creates a tenant with its owner and opens it', async () => {
    await page.locator('.v-info').getByRole('button', { name: 'Create Tenant' }).click();
    await drawer().getByLabel('Name').first().fill('North & Söhne');
    expect(await drawer().getByLabel('Slug').inputValue()).toBe('north-sohne');

    await drawer().getByRole('button', { name: 'Save' }).click();
    await drawer().getByText('This is required.').waitFor();
    expect(await findBarriers(page, ['.v-drawer form'], ['.v-drawer .v-checkbox'])).toEqual([]);

    await drawer().getByLabel('Email').fill(owner.email);
    await drawer().getByLabel('First Name').fill('Olive');
    await drawer().getByLabel('Password', { exact: true }).fill(owner.password);
    await keepPicture(page, `tenants-create-${directus}`);
    await drawer().getByRole('button', { name: 'Save' }).click();

    await page.waitForURL(/\/admin\/tenants\/[0-9a-f-]{36}$/);
    await title('North & Söhne');
    await drawer().waitFor({ state: 'detached' });
    await page.locator('.tenant-facts').getByRole('link', { name: 'Olive' }).waitFor();
    await page.locator('.member-row', { hasText: owner.email }).getByText('Owner').waitFor();
    expect(await findBarriers(page, ['main .content'])).toEqual([]);
    await keepPicture(page, `tenants-item-${directus}`);
  });

  test('says at its field what the server refuses', async () => {
    await untilExamined(page, () => page.goto('/admin/tenants'));
    await page.getByRole('button', { name: 'Create Tenant' }).click();
    await drawer().getByLabel('Name').first().fill('Another');
    await drawer().getByLabel('Slug').fill('north-sohne');
    await drawer().getByLabel('Email').fill(owner.email.replace('olive', 'oscar'));
    await drawer().getByRole('button', { name: 'Save' }).click();

    await drawer().getByText('Another tenant already has this slug.').waitFor();
    expect(await drawer().getByLabel('Slug').getAttribute('aria-invalid')).toBe('true');
    expect(studio.refusals.splice(0)).toEqual(['POST /tenancy/tenants 400']);

    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Discard Changes' }).click();
    await drawer().waitFor({ state: 'detached' });
  });

  test('lists, searches and sorts, and keeps all of it in the URL', async () => {
    const { token } = await login(host().url, host().superAdmin);

    for (let number = 1; number <= 30; number += 1) {
      const name = `South ${String(number).padStart(2, '0')}`;
      const answer = await send(host().url, 'POST', '/tenancy/tenants', { token, body: { name } });
      expect(answer.status).toBe(201);
    }

    await untilExamined(page, () => page.goto('/admin/tenants'));
    await page.getByText('1–25 of 31 tenants').first().waitFor();
    await row('North & Söhne').waitFor();
    expect(
      await findBarriers(page, ['.tenants-table tbody', '.header-search'], ['.tenants-table .v-checkbox']),
    ).toEqual([]);
    await keepPicture(page, `tenants-list-${directus}`);

    await page.locator('th', { hasText: 'Members' }).getByRole('button').click();
    await page.waitForURL(/\?sort=members$/);
    await row('South 01').waitFor();

    await page.locator('.header-search').click();
    await page.getByRole('searchbox').pressSequentially('south 2');
    await page.waitForURL(/search=south(\+|%20)2/);
    await row('South 01').waitFor({ state: 'detached' });
    expect(await page.locator('tr.table-row').count()).toBe(10);

    await untilExamined(page, () => page.reload());
    await row('South 29').waitFor();
    expect(await page.getByRole('searchbox').inputValue()).toBe('south 2');

    await page.getByRole('searchbox').fill('nobody');
    await page.getByText('No matching tenants').waitFor();
    await page.getByRole('button', { name: 'Clear Filters' }).click();
    await row('South 01').waitFor();
  });

  test('stays where it is while it loads', async () => {
    // What the doctor fails, such as a licence without rules, slides in once, on the first page of the module.
    await untilExamined(page, () => page.goto('/admin/tenants/-/collections'));
    await page.locator('.collection').first().waitFor();
    await page.waitForLoadState('networkidle');
    expect(await goWithin(page, '/tenants', '.tenants-table tr.table-row .name')).toEqual([]);
    expect(await page.locator('.tenants-table .v-checkbox').first().isVisible()).toBe(true);
  });

  test('has its content before it asks the doctor, who reads whole tables', async () => {
    const asked: string[] = [];
    let release: () => unknown = () => undefined;
    const held = new Promise<void>((resolve) => {
      void page.route('**/tenancy/**', async (route) => {
        const { pathname } = new URL(route.request().url());
        if (pathname !== PAGES) asked.push(pathname);
        if (pathname !== '/tenancy/tenants') return route.continue();
        resolve();
        await new Promise<void>((go) => (release = go));
        return route.continue();
      });
    });

    await page.goto('/admin/tenants');
    await held;
    await page.locator('.tenants-table .v-skeleton-loader').first().waitFor();
    expect(asked).toEqual(['/tenancy/tenants']);
    release();
    await row('North & Söhne').waitFor();
    await expect.poll(() => asked).toEqual(['/tenancy/tenants', '/tenancy/doctor']);
    await page.unrouteAll({ behavior: 'wait' });
  });

  test('opens a tenant by keyboard and saves a new name', async () => {
    await untilExamined(page, () => page.goto('/admin/tenants?search=north'));
    await row('North & Söhne').focus();
    await page.keyboard.press('Enter');
    await title('North & Söhne');

    await page.locator('main').getByLabel('Name').fill('North Ltd');
    await page.getByRole('button', { name: 'Save' }).click();
    await title('North Ltd');

    await page.locator('main').getByLabel('Name').fill('Never saved');
    await page.locator('.v-list-item', { hasText: 'Suspended Tenants' }).click();
    await page.getByRole('button', { name: 'Discard Changes' }).click();
    await page.waitForURL(/\?status=suspended$/);
    await page.getByText('No matching tenants').waitFor();
  });

  /** An item of the menu of a member. */
  const inMenuOf = async (email: string, item: string): Promise<void> => {
    await page
      .locator('.member-row', { hasText: email })
      .getByLabel(/^Actions for/)
      .click();
    await page.locator('.v-menu-content').getByText(item, { exact: true }).click();
  };

  const dialog = () =>
    page
      .locator('.v-dialog, .v-card')
      .filter({ has: page.locator('.v-card-title') })
      .last();

  const openTenant = async (search: string, name: string): Promise<void> => {
    await untilExamined(page, () => page.goto(`/admin/tenants?search=${search}`));
    await row(name).click();
    await title(name);
  };

  test('adds a member, hands the tenant over and takes it back, and removes the member', async () => {
    const second = 'sam@north.example.com';
    await openTenant('north', 'North Ltd');
    await page.getByRole('button', { name: 'Add Member' }).click();
    await drawer().getByText('Send an invitation').click();
    await drawer().getByLabel('Email').fill(second);
    await drawer().getByLabel('Password', { exact: true }).fill(owner.password);
    await keepPicture(page, `tenants-member-${directus}`);
    expect(await findBarriers(page, ['.v-drawer form'], ['.v-drawer .v-checkbox', '.v-drawer .v-select'])).toEqual([]);
    await drawer().getByRole('button', { name: 'Save' }).click();
    await drawer().waitFor({ state: 'detached' });

    const member = page.locator('.member-row', { hasText: second });
    await member.getByText('Viewer').waitFor();
    await inMenuOf(second, 'Editor');
    await member.getByText('Editor').waitFor();

    await inMenuOf(second, 'Hand Over Tenant');
    await dialog().getByText(`Hand the tenant over to ${second}?`).waitFor();
    await dialog().getByRole('button', { name: 'Hand Over Tenant' }).click();
    await member.getByText('Owner').waitFor();
    await page.locator('.tenant-facts').getByRole('link', { name: second }).waitFor();

    await inMenuOf(owner.email, 'Hand Over Tenant');
    await dialog().getByRole('button', { name: 'Hand Over Tenant' }).click();
    await member.getByText('Editor').waitFor();

    await inMenuOf(second, 'Remove Member');
    await dialog().getByRole('button', { name: 'Remove Member' }).click();
    await member.waitFor({ state: 'detached' });

    // The only owner stays.
    await inMenuOf(owner.email, 'Remove Member');
    await dialog().getByRole('button', { name: 'Remove Member' }).click();
    await dialog().getByText('This is the only owner of the tenant.').waitFor();
    await dialog().getByRole('button', { name: 'Cancel' }).click();
    expect(studio.refusals.splice(0)).toEqual([expect.stringMatching(/^DELETE .*members\/.* 409$/)]);
  });

  test('makes a token that is shown once, and revokes it', async () => {
    await page.getByRole('button', { name: 'Create Token' }).click();
    await dialog().getByLabel('What is it for?').fill('Website');
    await dialog().getByRole('button', { name: 'Create Token' }).click();
    await page.locator('.v-card-title', { hasText: 'Token Created' }).waitFor();
    const token = await page.locator('.secret code').innerText();
    await keepPicture(page, `tenants-token-${directus}`);
    expect((await send(host().url, 'GET', '/tenancy/me', { token })).data).toMatchObject({ level: 'api' });
    await page.getByRole('button', { name: 'I have stored it' }).click();

    await untilExamined(page, () => page.reload());
    await page.getByLabel('Revoke the token “Website”').waitFor();
    expect(await page.content()).not.toContain(token);
    await page.getByLabel('Revoke the token “Website”').click();
    await dialog().getByRole('button', { name: 'Revoke Token' }).click();
    await page.getByLabel('Revoke the token “Website”').waitFor({ state: 'detached' });
    expect((await send(host().url, 'GET', '/tenancy/me', { token })).status).toBe(401);
  });

  test('suspends a tenant and opens it again, and tells what was done', async () => {
    await page.getByRole('button', { name: 'Suspend', exact: true }).click();
    await dialog().getByText('Suspend North Ltd?').waitFor();
    await dialog().getByRole('button', { name: 'Suspend', exact: true }).click();
    await page.locator('.tenant-lifecycle').getByText('Suspended').waitFor();
    const answer = await send(host().url, 'POST', '/auth/login', { body: owner });
    expect(answer.status).toBe(403);

    await page.getByRole('button', { name: 'Resume', exact: true }).click();
    await dialog().getByRole('button', { name: 'Resume', exact: true }).click();
    await page.locator('.tenant-lifecycle').getByText('Active').waitFor();
    await page.locator('.entries').getByText('Tenant resumed').waitFor();
    for (const done of ['Tenant suspended', 'Token revoked', 'Tenant handed over', 'Member added']) {
      await page.locator('.entries').getByText(done).first().waitFor();
    }
    expect(await findBarriers(page, ['main .content'])).toEqual([]);
    await page.locator('.danger-zone').scrollIntoViewIfNeeded();
    await keepPicture(page, `tenants-activity-${directus}`);
  });

  test('erases a tenant whose slug was typed', async () => {
    await openTenant('south 30', 'South 30');
    await page.getByRole('button', { name: 'Erase Tenant' }).click();
    const erase = dialog().getByRole('button', { name: 'Erase Tenant' });
    await dialog().getByLabel('Type “south-30” to confirm').fill('south-3');
    expect(await erase.isDisabled()).toBe(true);
    await dialog().getByLabel('Type “south-30” to confirm').fill('south-30');
    await keepPicture(page, `tenants-erase-${directus}`);
    await erase.click();
    await page.waitForURL(/\/admin\/tenants\?search=/);
    await page.getByText('No matching tenants').waitFor();
    const { token } = await login(host().url, host().superAdmin);
    expect((await send(host().url, 'GET', '/tenancy/tenants/south-30', { token })).status).toBe(404);
  });

  test('speaks German', async () => {
    const { token } = await login(host().url, host().superAdmin);
    await send(host().url, 'PATCH', '/users/me', { token, body: { language: 'de-DE' } });
    await untilExamined(page, () => page.goto('/admin/tenants?search=north'));
    await title('Mandanten');
    await row('North Ltd').click();
    await title('North Ltd');
    await page.getByRole('button', { name: 'Mitglied hinzufügen' }).waitFor();
    await keepPicture(page, `tenants-item-${directus}-german`);
    await send(host().url, 'PATCH', '/users/me', { token, body: { language: null } });
    await page.goto('/admin/tenants');
    await title('Tenants');
  });

  test('says that there is no such tenant', async () => {
    await page.goto('/admin/tenants/nowhere');
    await page.getByText('There is no tenant “nowhere”').waitFor();
    expect(studio.refusals.splice(0)).toEqual(['GET /tenancy/tenants/nowhere 404']);
  });

  test('shows what the doctor finds', async () => {
    const { token } = await login(host().url, host().superAdmin);
    const { data } = await send<{ checks: { status: string; message: string }[] }>(
      host().url,
      'GET',
      '/tenancy/doctor',
      {
        token,
      },
    );

    await page.goto('/admin/tenants');
    await row('North Ltd').waitFor();
    const failed = data.checks.filter(({ status }) => status === 'fail');
    for (const { message } of failed) await page.locator('.v-notice', { hasText: message }).waitFor();
    expect(await page.locator('.v-notice').count()).toBe(failed.length > 0 ? 1 : 0);
  });

  test.each([
    ['in the dark', { colorScheme: 'dark' }],
    ['on a phone', { width: 390 }],
  ] as const)('keeps its shape %s', async (name, options) => {
    const other = await openStudio(browser, host().url, options);
    await logIn(other.page, host().superAdmin);
    await other.page.goto('/admin/tenants');
    await other.page.locator('tr.table-row', { hasText: 'North Ltd' }).waitFor();
    await keepPicture(other.page, `tenants-list-${directus}-${name.split(' ').at(-1)}`);
    expect(other.complaints).toEqual([]);
    await other.context.close();
  });

  test('is hidden from the owner of a tenant, whom the API refuses as well', async () => {
    const other = await openStudio(browser, host().url);
    await logIn(other.page, owner);
    await other.page.locator('a[href$="/admin/users"]').first().waitFor();
    expect(await other.page.locator(moduleLink).count()).toBe(0);

    const answer = await other.page.evaluate(async () => (await fetch('/tenancy/tenants')).status);
    expect(answer).toBe(403);

    await other.page.goto('/admin/tenants');
    await other.page.waitForLoadState('networkidle');
    expect(await other.page.getByText('North Ltd').count()).toBe(0);
    await other.context.close();
  });

  test('had nothing to complain about', () => {
    expect(studio.complaints).toEqual([]);
    expect(studio.refusals).toEqual([]);
  });
});
