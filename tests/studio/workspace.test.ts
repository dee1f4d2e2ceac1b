import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { login, send, type Account } from '../support/client.ts';
import { createCollection } from '../support/collections.ts';
import { startTestHost, useHost } from '../support/host.ts';
import { Mailbox } from '../support/mailbox.ts';
import { createPerson, createPolicy, everythingOn } from '../support/people.ts';
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
} from './browser.ts';
import { watch } from './witness.ts';

const PASSWORD = 'correct horse battery';
const olive = { email: 'olive@north.example.com', password: PASSWORD };
const tom = { email: 'tom@example.com', password: PASSWORD };
const link = '.module-bar a[href$="/admin/workspace"]';

/** What Directus itself draws, and how. */
const DIRECTUS_OWN = ['.v-select', '.v-checkbox'];

/** A page that is left goes on asking for a moment, and is refused: the session of the former tenant has ended. */
const LAST_WORDS = / 401$/;

/** For tests that load the Data Studio many times. */
const LONG = 180_000;

describe.skipIf(isBrowserMissing).each(['11', '12'] as const)('the workspace on Directus %s', (directus) => {
  const mailbox = new Mailbox();
  const host = useHost({ directus, env: { ...mailbox.env, TENANCY_NEW_COLLECTIONS: 'shared' } });
  /** Directus 12 has no licence here: three people get in, and the content of tenants is closed. */
  const isLicensed = directus === '11';
  let browser: Browser;
  let superAdmin: Account;
  let owner: Studio;
  let member: Studio;

  beforeAll(async () => {
    superAdmin = await login(host().url, host().superAdmin);
    await createCollection(superAdmin, 'notes', [{ field: 'title', type: 'string', schema: {}, meta: {} }]);
    await must(superAdmin, 'PUT', '/tenancy/collections/notes', { scope: 'tenant' });

    for (const name of ['North', 'South', 'East', 'West']) {
      const { id } = await must<{ id: string }>(superAdmin, 'POST', '/tenancy/tenants', {
        name,
        ...(name === 'North' && { owner: { ...olive, first_name: 'Olive' } }),
      });
      await must(superAdmin, 'POST', '/items/notes', { title: `${name.toLowerCase()}-note`, tenant_id: id });
    }

    await must(superAdmin, 'POST', '/tenancy/tenants/north/members', { ...tom, first_name: 'Tom', level: 'viewer' });
    for (const [tenant, level] of [
      ['south', 'editor'],
      ['east', 'viewer'],
      ['west', 'editor'],
    ]) {
      await must(superAdmin, 'POST', `/tenancy/tenants/${tenant}/members`, { email: tom.email, level });
    }
    await must(superAdmin, 'POST', '/tenancy/tenants/west/members', { email: olive.email, level: 'owner' });
    await must(superAdmin, 'POST', '/tenancy/tenants/east/suspend');
    await must(superAdmin, 'POST', '/tenancy/tenants/west/archive');

    browser = await launchBrowser();
    owner = await openStudio(browser, host().url);
    member = await openStudio(browser, host().url);
    await logIn(owner.page, olive);
    await logIn(member.page, tom);
  });

  afterAll(async () => {
    await browser?.close();
    mailbox.remove();
  });

  const title = (page: Page, name: string) => page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
  const inNavigation = (page: Page, name: string) =>
    page.locator('.v-list.nav, .v-list').getByText(name, { exact: true });
  const fact = (page: Page, name: string) => page.locator('.workspace-facts > div', { hasText: name }).locator('dd');
  const tenantRow = (page: Page, name: string) => page.locator('.own-tenants li', { hasText: name });

  const dialog = (page: Page) =>
    page
      .locator('.v-dialog, .v-card')
      .filter({ has: page.locator('.v-card-title') })
      .last();

  test('shows an owner the tenant, the own level and the way to the members', async () => {
    const { page } = owner;
    await page.locator(link).click();
    await title(page, 'North');
    expect(await fact(page, 'Slug').innerText()).toBe('north');
    expect(await fact(page, 'Your Level').innerText()).toMatch(/^Owner\s+Reads and changes all content/);
    await fact(page, 'Members').getByText('2 members').waitFor();
    await page.locator('.level-table tr.own', { hasText: 'Owner' }).getByText('You').waitFor();

    const closed = page.locator('.v-notice', { hasText: 'The content is closed' });
    if (isLicensed) expect(await closed.count()).toBe(0);
    else await closed.getByText(/licence of this Directus project/).waitFor();

    expect(await findBarriers(page, ['main .content'], DIRECTUS_OWN)).toEqual([]);
    await keepPicture(page, `workspace-${directus}-owner`);
  });

  test('stays where it is while it loads', async () => {
    const { page } = owner;

    for (const [path, content] of [
      ['/users', '.module-bar'],
      ['/workspace', '.workspace-facts'],
      ['/workspace/members', '.member-row'],
      ['/workspace/tokens', 'p.hint'],
      ['/workspace', '.workspace-facts'],
    ] as const) {
      const moved = await goWithin(page, path, content);
      if (path !== '/users') expect(moved).toEqual([]);
    }
  });

  test('lets an owner invite people', async () => {
    const { page } = owner;
    await inNavigation(page, 'Members').click();
    await title(page, 'Members');
    await page.getByRole('button', { name: 'Add Member' }).click();
    const drawer = page.locator('.v-drawer');

    // A seat of the licence is nothing that a program takes.
    if (!isLicensed) {
      await drawer.locator('.v-select').click();
      await page.locator('.v-menu-content').getByText('API', { exact: true }).click();
    }
    await drawer.getByLabel('Email').fill('guest@north.example.com');
    await drawer.getByRole('button', { name: 'Save' }).click();
    await drawer.waitFor({ state: 'detached' });

    const guest = page.locator('.member-row', { hasText: 'guest@north.example.com' });
    await guest.getByText('Invited').waitFor();
    await expect.poll(() => mailbox.tokensTo('guest@north.example.com')).toHaveLength(1);

    await guest.getByLabel(/^Actions for/).click();
    await page.locator('.v-menu-content').getByText('Send Invitation Again', { exact: true }).click();
    await expect.poll(() => mailbox.tokensTo('guest@north.example.com')).toHaveLength(2);

    expect(await findBarriers(page, ['main .content'], DIRECTUS_OWN)).toEqual([]);
    await keepPicture(page, `workspace-${directus}-members`);
  });

  test('lets an owner change the level of a member', async () => {
    const { page } = owner;
    const row = page.locator('.member-row', { hasText: tom.email });

    for (const level of ['Editor', 'Viewer']) {
      await row.getByLabel(/^Actions for/).click();
      await page.locator('.v-menu-content').getByText(level, { exact: true }).click();
      await row.getByText(level, { exact: true }).waitFor();
    }
    expect(new URL(page.url()).pathname).toBe('/admin/workspace/members');
  });

  test('leads from a member to the Users module', async () => {
    const { page } = owner;
    await page.locator('.member-row', { hasText: olive.email }).getByRole('link').click();
    await page.waitForURL(/\/admin\/users\/[0-9a-f-]{36}$/);
    await page.locator('[data-field="email"] input').first().waitFor();
    await page.goBack();

    if (!isLicensed) return;
    await page.locator('.member-row', { hasText: tom.email }).getByRole('link').click();
    await page.waitForURL(/\/admin\/users\/[0-9a-f-]{36}$/);
    await page.getByText('Tom').first().waitFor();
  });

  test('makes a token that is shown once, and revokes it', async () => {
    const { page } = owner;
    await page.goto('/admin/workspace/tokens');
    await title(page, 'API Tokens');
    await page.getByRole('button', { name: 'Create Token' }).click();
    await dialog(page).getByLabel('What is it for?').fill('Website');
    await dialog(page).getByRole('button', { name: 'Create Token' }).click();
    await page.locator('.v-card-title', { hasText: 'Token Created' }).waitFor();
    const token = await page.locator('.secret code').innerText();
    expect((await send(host().url, 'GET', '/tenancy/me', { token })).data).toMatchObject({ level: 'api' });
    await page.getByRole('button', { name: 'I have stored it' }).click();

    await page.reload();
    const revoke = page.getByLabel('Revoke the token “Website”');
    await revoke.waitFor();
    expect(await page.content()).not.toContain(token);
    expect(await findBarriers(page, ['main .content'], DIRECTUS_OWN)).toEqual([]);
    await keepPicture(page, `workspace-${directus}-tokens`);

    await revoke.click();
    await dialog(page).getByRole('button', { name: 'Revoke Token' }).click();
    await revoke.waitFor({ state: 'detached' });
    expect((await send(host().url, 'GET', '/tenancy/me', { token })).status).toBe(401);
  });

  test('tells the only owner why leaving is refused', async () => {
    const { page } = owner;
    await inNavigation(page, 'Overview').click();
    await title(page, 'North');
    await page.getByRole('button', { name: 'Leave Tenant' }).click();
    await dialog(page).getByText('Leave North?').waitFor();
    await dialog(page).getByRole('button', { name: 'Leave Tenant' }).click();
    await dialog(page).getByText('This is the only owner of the tenant.').waitFor();
    await keepPicture(page, `workspace-${directus}-leave`);
    await dialog(page).getByRole('button', { name: 'Cancel' }).click();
    expect(owner.refusals.splice(0)).toEqual([expect.stringMatching(/^DELETE .*memberships\/.* 409$/)]);
  });

  test('lets an owner read what is archived, and says that nothing can be changed', async () => {
    const { page } = owner;
    await tenantRow(page, 'West').getByText('Archived: you can read it').waitFor();
    await tenantRow(page, 'West').getByRole('button').click();
    await title(page, 'West');
    await page.locator('.v-notice', { hasText: 'This tenant is archived' }).waitFor();
    await keepPicture(page, `workspace-${directus}-archived`);

    await inNavigation(page, 'API Tokens').click();
    await page.getByRole('button', { name: 'Create Token' }).click();
    await dialog(page).getByLabel('What is it for?').fill('Website');
    await dialog(page).getByRole('button', { name: 'Create Token' }).click();
    await dialog(page).getByText('Your tenant is archived').waitFor();
    await dialog(page).getByRole('button', { name: 'Cancel' }).click();
    expect(owner.refusals.splice(0)).toEqual([expect.stringMatching(/^POST .*tokens 403$/)]);

    await page.getByRole('button', { name: 'Switch to North' }).click();
    await title(page, 'North');
  });

  test('shows a viewer what a viewer may, and no more', async () => {
    const { page } = member;
    await page.locator(link).click();
    await title(page, 'North');
    expect(await fact(page, 'Your Level').innerText()).toMatch(/^Viewer\s+Reads all content, and changes nothing/);
    expect(await fact(page, 'Members').count()).toBe(0);
    for (const name of ['Members', 'API Tokens']) expect(await inNavigation(page, name).count()).toBe(0);

    await page.goto('/admin/workspace/members');
    await page.getByText('Members and tokens of a tenant are managed by its owners.').waitFor();
    await page
      .getByRole('link', { name: 'Go to Overview' })
      .or(page.getByRole('button', { name: 'Go to Overview' }))
      .click();
    await title(page, 'North');
    // Nothing was asked of which the answer could only be a refusal.
    expect(member.refusals).toEqual([]);
  });

  test('explains what is closed', async () => {
    const { page } = member;
    await tenantRow(page, 'North').getByText('You are here').waitFor();
    for (const [name, note] of [
      ['East', 'Closed by the operator. What is in it is kept.'],
      ['West', 'Archived: only its owners can read it.'],
    ] as const) {
      await tenantRow(page, name).getByText(note).waitFor();
      expect(await tenantRow(page, name).getByRole('button').count()).toBe(0);
      expect(await page.getByRole('button', { name: `Switch to ${name}` }).count()).toBe(0);
    }
    expect(await findBarriers(page, ['main .content'], DIRECTUS_OWN)).toEqual([]);
    await keepPicture(page, `workspace-${directus}-viewer`);
  });

  test('says that there was no answer, and tries again', async () => {
    const { page } = member;
    await page.route('**/tenancy/me', (route) => route.abort());
    await page.reload();
    await page.getByText('Directus cannot be reached').waitFor();
    await keepPicture(page, `workspace-${directus}-offline`);
    await page.unroute('**/tenancy/me');
    await page.getByRole('button', { name: 'Try Again' }).click();
    await title(page, 'North');
  });

  test(
    'goes to another tenant, by keyboard, and leaves nothing of the former on the screen',
    async () => {
      const { page, context } = member;
      const other = await context.newPage();

      for (const each of [page, other]) {
        await each.goto(isLicensed ? '/admin/content/notes' : '/admin/content');
        if (isLicensed) await each.getByText('north-note').waitFor();
        await each.locator(link).waitFor();
      }
      await page.locator(link).click();
      await title(page, 'North');

      const witnesses = [watch(page, /north-note/), watch(other, /north-note/)];
      const southern = page.locator('.own-tenants').getByRole('button', { name: 'Switch to South' });
      await southern.focus();
      await page.keyboard.press('Enter');
      await title(page, 'South');
      expect(await fact(page, 'Your Level').innerText()).toMatch(/^Editor/);
      await tenantRow(page, 'South').getByText('You are here').waitFor();

      // The other tab has left what it showed, too.
      await title(other, 'South');

      if (isLicensed) {
        await page.goto('/admin/content/notes');
        await page.getByText('south-note').waitFor();
        expect(await page.locator('tr.table-row').count()).toBe(1);
      }

      // Back to where the former tenant was on the screen.
      for (let step = 0; step < 3; step += 1) await page.goBack();
      await page.locator('.module-bar').waitFor();
      const told = (await Promise.all(witnesses.map((witness) => witness.testify()))).flat();
      const mine = told.filter((line) => !LAST_WORDS.test(line));
      expect(mine.filter((line) => isLicensed || !/\/(?:items|files|folders|graphql)/.test(line))).toEqual([]);
      await other.close();
    },
    LONG,
  );

  test('lets a member leave, who goes on in the next tenant', async () => {
    const { page } = member;
    await page.goto('/admin/workspace');
    await title(page, 'South');
    await page.getByRole('button', { name: 'Leave Tenant' }).click();
    await dialog(page).getByRole('button', { name: 'Leave Tenant' }).click();
    await title(page, 'North');
    expect(await tenantRow(page, 'South').count()).toBe(0);
  });

  test.each([
    ['in the dark', { colorScheme: 'dark' }],
    ['on a phone', { width: 390 }],
  ] as const)(
    'keeps its shape %s',
    async (name, options) => {
      const other = await openStudio(browser, host().url, options);
      await logIn(other.page, olive);
      const picture = `workspace-${directus}-${name.split(' ').at(-1)}`;

      for (const [path, heading] of [
        ['', 'North'],
        ['/members', 'Members'],
      ] as const) {
        await other.page.goto(`/admin/workspace${path}`);
        await title(other.page, heading);
        await other.page.waitForLoadState('networkidle');
        const width = await other.page.evaluate(() => document.documentElement.scrollWidth);
        expect(width).toBeLessThanOrEqual(other.page.viewportSize()!.width);
        await keepPicture(other.page, `${picture}${path.replace('/', '-')}`);
      }
      expect(await findBarriers(other.page, ['main .content'], DIRECTUS_OWN)).toEqual([]);
      expect(other.complaints).toEqual([]);
      await other.context.close();
    },
    LONG,
  );

  test('speaks German', async () => {
    const { page } = owner;
    const { user } = (
      await must<{ user: { id: string; email: string } }[]>(superAdmin, 'GET', '/tenancy/tenants/north/members')
    ).find((each) => each.user.email === olive.email)!;
    await must(superAdmin, 'PATCH', `/users/${user.id}`, { language: 'de-DE' });
    await page.goto('/admin/workspace');
    await page.getByText('Was Mitglieder dürfen').waitFor();
    await keepPicture(page, `workspace-${directus}-german`);
    await must(superAdmin, 'PATCH', `/users/${user.id}`, { language: null });
  });

  test('is nothing that a super-admin sees, who comes after a member in the same tab', async () => {
    const { page } = owner;
    await page.goto('/admin/logout');
    await page.waitForURL(/\/admin\/login/);
    await page.locator('input[type="email"]').fill(host().superAdmin.email);
    await page.locator('input[type="password"]').fill(host().superAdmin.password);
    await page.locator('button[type="submit"]').click();
    await page.locator('.module-bar a[href$="/admin/tenants"]').waitFor();
    expect(await page.locator(link).count()).toBe(0);
  });

  test('lets a member leave the last tenant, who is nobody then', async () => {
    const { page } = member;
    await page.getByRole('button', { name: 'Leave Tenant' }).click();
    await dialog(page).getByRole('button', { name: 'Leave Tenant' }).click();
    await page.waitForURL((url) => !url.pathname.startsWith('/admin/workspace'));
    await page.waitForLoadState('networkidle');
    expect(await page.locator(link).count()).toBe(0);
    expect(await page.locator('body').innerText()).not.toMatch(/North/);
    await keepPicture(page, `workspace-${directus}-left`);
    member.refusals.length = 0;
  });

  test('had nothing to complain about', () => {
    expect([...owner.complaints, ...member.complaints].filter((line) => !LAST_WORDS.test(line))).toEqual([]);
    expect([...owner.refusals, ...member.refusals]).toEqual([]);
  });

  test(
    'is nothing that a user without tenant notices, be it by a request',
    async () => {
      const plain = await startTestHost({ directus, bundle: false });

      // Those who were here before give their seats back.
      const people = await must<{ id: string }[]>(
        superAdmin,
        'GET',
        '/users?filter[email][_ends_with]=.example.com&fields=id',
      );
      const keys = people.map(({ id }) => id);
      if (!isLicensed) await must(superAdmin, 'PATCH', '/users', { keys, data: { status: 'suspended' } });

      const requestsOn = async (url: string, admin: Account): Promise<string[]> => {
        if (url === plain.url) await createCollection(admin, 'notes', [{ field: 'title', type: 'string', schema: {} }]);
        await createCollection(admin, 'articles', [{ field: 'title', type: 'string', schema: {} }]);
        const policy = await createPolicy(
          admin,
          everythingOn(['articles']).filter(({ action }) => action === 'read'),
          { appAccess: true },
        );
        const role = await must<{ id: string }>(admin, 'POST', '/roles', { name: 'Editors' });
        const { email } = await createPerson(url, admin, { role: role.id, policies: [policy] });

        const { context, page, complaints } = await openStudio(browser, url);
        await logIn(page, { email, password: PASSWORD });
        const requests = new Set<string>();

        page.on('request', (request) => {
          const { pathname } = new URL(request.url());
          if (['fetch', 'xhr'].includes(request.resourceType())) requests.add(`${request.method()} ${pathname}`);
        });

        for (const path of ['/admin/content/articles', '/admin/workspace']) {
          const tracked = page.waitForResponse((response) => new URL(response.url()).pathname === TRACKING);
          await page.goto(path);
          await page.locator('.module-bar').waitFor();
          await tracked;
          await page.waitForLoadState('networkidle');
          expect(await page.locator(link).count()).toBe(0);
          expect(await page.locator('.workspace-facts').count()).toBe(0);
        }
        expect(complaints).toEqual([]);
        await context.close();
        return [...requests].sort();
      };

      try {
        const expected = await requestsOn(plain.url, await login(plain.url, plain.superAdmin));
        expect(expected).toContain('GET /roles/me');
        expect(await requestsOn(host().url, superAdmin)).toEqual(expected);
      } finally {
        await plain.stop();
        await plain.database.drop();
      }
    },
    LONG,
  );
});
