import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { login, type Account } from '../support/client.ts';
import { useHost } from '../support/host.ts';
import { runSql } from '../support/sql.ts';
import { createTenant, must } from '../support/world.ts';
import { isBrowserMissing, launchBrowser, logIn, openStudio } from './browser.ts';
import { watch, type Witness } from './witness.ts';

const PASSWORD = 'correct horse battery';

/** For tests that go through many pages. */
const LONG = 180_000;

/** What somebody who knows nothing of tenants makes in the Studio, and the junction that Directus makes for it. */
const COLLECTIONS = ['players', 'teams', 'teams_players'];

interface Member {
  name: 'north' | 'south';
  id: string;
  account: Account;
  page: Page;
  witness: Witness;
}

describe.skipIf(isBrowserMissing)('collections that a super-admin makes in the Data Studio of Directus 11', () => {
  const host = useHost({ directus: '11' });
  let browser: Browser;
  let superAdmin: Account;
  const members: Member[] = [];

  beforeAll(async () => {
    superAdmin = await login(host().url, host().superAdmin);
    browser = await launchBrowser();

    for (const name of ['north', 'south'] as const) {
      const { id, editor } = await createTenant(host().url, superAdmin, name === 'north' ? 'North' : 'South');
      const { page } = await openStudio(browser, host().url);
      members.push({
        name,
        id,
        account: editor,
        page,
        witness: watch(page, name === 'north' ? /south/i : /north/i),
      });
    }
  });

  afterAll(() => browser?.close());

  /** The button with an icon in the header of the drawer that is on top. */
  const inDrawer = (page: Page, icon: string): Locator =>
    page
      .locator('.v-drawer')
      .filter({ visible: true })
      .last()
      .locator(`header button:has([data-icon="${icon}"])`)
      .last();

  const createCollection = async (page: Page, collection: string): Promise<void> => {
    await page.goto('/admin/settings/data-model/+');
    await page.getByPlaceholder('A unique table name...').fill(collection);
    await inDrawer(page, 'arrow_forward').click();
    await inDrawer(page, 'check').click();
    await page.waitForURL(new RegExp(`/data-model/${collection}$`));
  };

  const createField = async (
    page: Page,
    collection: string,
    kind: string,
    key: string,
    related = '',
  ): Promise<void> => {
    await page.goto(`/admin/settings/data-model/${collection}/+`);
    await page
      .locator('button.interface')
      .filter({ has: page.getByText(kind, { exact: true }) })
      .click();
    await page.getByPlaceholder('A unique column name...').click();
    await page.keyboard.type(key);
    if (related) {
      await page.getByPlaceholder('Collection...', { exact: true }).click();
      await page.keyboard.type(related);
    }
    await page.locator('.field-configuration').getByRole('button', { name: 'Save' }).click();
    await page.waitForURL(new RegExp(`/data-model/${collection}$`));
  };

  test('are made with the mouse and the keyboard, many-to-many field and all', { timeout: LONG }, async () => {
    const { page } = await openStudio(browser, host().url);
    const witness = watch(page, /undefined collection/);
    await logIn(page, host().superAdmin);

    for (const collection of ['players', 'teams']) {
      await createCollection(page, collection);
      await createField(page, collection, 'Input', 'name');
    }
    await createField(page, 'teams', 'Many to Many', 'players', 'players');

    await page.goto('/admin/settings/data-model/teams_players');
    for (const field of ['tenant_id', 'teams_id', 'players_id']) await page.getByText(field, { exact: true }).waitFor();
    expect(await witness.testify()).toEqual([]);
    await page.context().close();
  });

  test('are the tenants’ at once, the junction too', async () => {
    const listed = await must<{ collection: string; scope: string }[]>(superAdmin, 'GET', '/tenancy/collections');
    const scopes = new Map(listed.map(({ collection, scope }) => [collection, scope]));
    expect(COLLECTIONS.map((collection) => scopes.get(collection))).toEqual(['tenant', 'tenant', 'tenant']);
  });

  test('keep two members apart who use them side by side', { timeout: LONG }, async () => {
    const use = async ({ name, account, page, witness }: Member): Promise<void> => {
      const create = (row: object): Promise<unknown> => must(account, 'POST', '/items/players', row);
      await create({ name: `${name}-player-old` });

      await logIn(page, { email: account.email, password: PASSWORD });

      await page.goto('/admin/content/teams/+');
      await page.locator('[data-field="name"] input').fill(`${name}-team`);
      const players = page.locator('[data-field="players"]');

      await players.getByRole('button', { name: 'Add Existing' }).click();
      const rows = page.locator('.v-drawer tr.table-row');
      await rows.filter({ hasText: `${name}-player-old` }).click();
      expect(await rows.count()).toBe(1);
      await inDrawer(page, 'check').click();
      await page.locator('.v-drawer').waitFor({ state: 'detached' });

      await players.getByRole('button', { name: 'Create New' }).click();
      await page.locator('.v-drawer [data-field="name"] input').fill(`${name}-player-new`);
      await inDrawer(page, 'check').click();
      await page.locator('.v-drawer').waitFor({ state: 'detached' });

      await page.locator('header button:has([data-icon="check"])').first().click();
      await page.waitForURL(/\/admin\/content\/teams$/);
      await page.getByText(`${name}-team`).first().click();

      await page.waitForURL(/\/admin\/content\/teams\/\d+$/);
      await page.reload();
      const linked = page.locator('[data-field="players"] .v-list-item');
      await linked.first().waitFor();
      expect(await linked.count()).toBe(2);

      await page.goto('/admin/content/players');
      await rowsOf(page)
        .filter({ hasText: `${name}-player-new` })
        .waitFor();
      expect(await rowsOf(page).count()).toBe(2);
      expect(await witness.testify()).toEqual([]);
    };

    await Promise.all(members.map(use));
  });

  const rowsOf = (page: Page): Locator => page.locator('tr.table-row');

  test('have rows of exactly one tenant each, stamped by whoever made them', async () => {
    for (const { id, name, account } of members) {
      const teams = await must<unknown[]>(account, 'GET', '/items/teams?fields=name,players.players_id.name');
      expect(teams).toEqual([
        {
          name: `${name}-team`,
          players: [{ players_id: { name: `${name}-player-old` } }, { players_id: { name: `${name}-player-new` } }],
        },
      ]);

      for (const collection of COLLECTIONS) {
        const seen = await must<{ id: number; tenant_id: string }[]>(account, 'GET', `/items/${collection}`);
        const stored = await runSql(host().database, `SELECT id FROM ${collection} WHERE tenant_id = ?`, [id]);
        expect(seen.map((row) => row.tenant_id)).toEqual(seen.map(() => id));
        expect(seen.map((row) => row.id).sort()).toEqual(stored.map((row) => row['id']).sort());
      }
    }

    for (const collection of COLLECTIONS) {
      expect(await runSql(host().database, `SELECT id FROM ${collection} WHERE tenant_id IS NULL`)).toEqual([]);
    }
  });

  test('let nobody link, read or take what is another tenant’s', async () => {
    const [north, south] = members as [Member, Member];
    const [player] = await must<{ id: number }[]>(south.account, 'GET', '/items/players');
    const [link] = await must<{ id: number }[]>(south.account, 'GET', '/items/teams_players');
    const [team] = await must<{ id: number }[]>(north.account, 'GET', '/items/teams');

    const links = { create: [{ players_id: player!.id }], update: [], delete: [] };

    for (const [method, path, body, status] of [
      ['PATCH', `/items/teams/${team!.id}`, { players: links }, 400],
      ['POST', '/items/teams_players', { teams_id: team!.id, players_id: player!.id }, 400],
      ['PATCH', `/items/teams_players/${link!.id}`, { teams_id: team!.id }, 403],
      ['DELETE', `/items/teams_players/${link!.id}`, undefined, 403],
      ['GET', `/items/teams_players/${link!.id}`, undefined, 403],
      ['GET', `/items/players/${player!.id}`, undefined, 403],
    ] as const) {
      expect((await north.account.send(method, path, body)).status, `${method} ${path}`).toBe(status);
    }
  });
});
