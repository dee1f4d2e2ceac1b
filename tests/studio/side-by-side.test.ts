import { readFile } from 'node:fs/promises';
import type { Browser, Download, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Account } from '../support/client.ts';
import { createPolicy } from '../support/people.ts';
import { must, type World } from '../support/world.ts';
import { useWorld } from '../support/worlds.ts';
import { isBrowserMissing, keepPicture, launchBrowser, logIn, openStudio } from './browser.ts';
import { watch, type Witness } from './witness.ts';

const PASSWORD = 'correct horse battery';

/** What is done twice, and looked at by both each time, loads the Data Studio many times. */
const LONG = 180_000;

/** Somebody at work, beside somebody else of another tenant. */
interface Side {
  /** Begins every text of the own tenant. */
  mark: string;
  account: Account;
  page: Page;
  /** Sees whatever has the mark of the other tenant. */
  witness: Witness;
}

describe.skipIf(isBrowserMissing)('two tenants side by side in the Data Studio of Directus 11', () => {
  const { host, world: getWorld } = useWorld({ directus: '11' });
  let browser: Browser;
  let world: World;
  let sides: Side[];
  let dashboard: string;

  beforeAll(async () => {
    world = getWorld();
    const { superAdmin, north, south } = world;

    for (const [field, meta] of [
      ['title', { interface: 'input' }],
      ['client', { interface: 'select-dropdown-m2o', special: ['m2o'], display: 'related-values' }],
      ['cover', { interface: 'file', special: ['file'] }],
    ] as const) {
      await must(superAdmin, 'PATCH', `/fields/projects/${field}`, { meta });
    }

    // A dashboard of the project, in which each tenant has its own numbers.
    ({ id: dashboard } = await must<{ id: string }>(superAdmin, 'POST', '/dashboards', { name: 'Numbers' }));
    const panel = { dashboard, position_y: 1, width: 20, height: 14, show_header: true };
    await must(superAdmin, 'POST', '/panels', [
      {
        ...panel,
        name: 'How many',
        type: 'metric',
        position_x: 1,
        options: { collection: 'projects', field: 'id', function: 'count' },
      },
      {
        ...panel,
        name: 'Which',
        type: 'list',
        position_x: 22,
        options: { collection: 'projects', displayTemplate: '{{title}}', sortField: 'id', limit: 20 },
      },
    ]);
    const policy = await createPolicy(superAdmin, [
      { collection: 'directus_dashboards', action: 'read' },
      { collection: 'directus_panels', action: 'read' },
    ]);

    browser = await launchBrowser();
    sides = [];

    for (const [own, other] of [
      [north, south],
      [south, north],
    ] as const) {
      const { id } = await must<{ id: string }>(own.owner, 'GET', '/users/me?fields=id');
      await must(superAdmin, 'PATCH', `/users/${id}`, { policies: { create: [{ policy }], update: [], delete: [] } });
      await must(own.owner, 'POST', '/presets', {
        user: id,
        collection: 'projects',
        layout: 'tabular',
        layout_query: { tabular: { fields: ['title', 'client.name'], sort: ['id'] } },
      });

      const { page } = await openStudio(browser, host().url);
      await logIn(page, { email: own.owner.email, password: PASSWORD });
      const witness = watch(page, new RegExp(other.mark, 'i'));
      sides.push({ mark: own.mark, account: own.owner, page, witness });
    }
  });

  afterAll(() => browser?.close());

  /** What anybody saw of the other tenant, or of anything that went wrong, at work and wherever the others are meanwhile. */
  const nothingWasSeen = async (): Promise<void> => {
    const told = await Promise.all(sides.map(async ({ mark, witness }) => [mark, await witness.testify()]));
    expect(told).toEqual(sides.map(({ mark }) => [mark, []]));
  };

  afterEach(nothingWasSeen);

  /** One after the other does the same, and after each both look again at what the test is about. */
  const alternating = async (path: string, work: (side: Side) => Promise<void>): Promise<void> => {
    for (const side of sides) {
      await work(side);

      for (const each of sides) {
        await each.page.goto(path);
        await each.page.locator('.module-bar').waitFor();
        await each.page.waitForLoadState('networkidle');
      }
      await nothingWasSeen();
    }
  };

  /** What Directus opens a window of its own for. */
  const nextDownload = (page: Page): Promise<Download> =>
    new Promise((resolve) => {
      page.on('download', resolve);
      page.on('popup', (popup) => popup.on('download', resolve));
    });

  const titlesOf = ({ page }: Side): Promise<string[]> => page.locator('tr.table-row').allInnerTexts();

  test(
    'create an item each, with a related one from the drawer, which offers the own rows alone',
    async () => {
      await alternating('/admin/content/projects', async ({ mark, account, page }) => {
        await page.goto('/admin/content/projects/+');
        await page.locator('[data-field="title"] input').fill(`${mark}-project-new`);
        await page.locator('[data-field="client"] .v-list-item').first().click();
        const offered = page.locator('.v-drawer tr.table-row');
        await offered.first().waitFor();
        expect(await offered.count()).toBe(2);
        for (const text of await offered.allInnerTexts()) expect(text).toContain(`${mark}-client`);
        await keepPicture(page, `side-by-side-${mark}-drawer`);

        await offered.last().click();
        await page.locator('.v-drawer header button:has([data-icon="check"])').click();
        await page.locator('.v-drawer').waitFor({ state: 'detached' });
        await page.locator('header button:has([data-icon="check"])').first().click();
        await page.waitForURL(/\/admin\/content\/projects$/);

        const path = `/items/projects?filter[title][_eq]=${mark}-project-new&fields=client.name`;
        expect(await must(account, 'GET', path)).toEqual([
          { client: { name: expect.stringMatching(`^${mark}-client`) as string } },
        ]);
      });
    },
    LONG,
  );

  test(
    'upload a file each into the file library',
    async () => {
      await alternating('/admin/files/all', async ({ mark, account, page }) => {
        await page.goto('/admin/files/+');
        await page
          .locator('.v-dialog input[type="file"], .v-card input[type="file"]')
          .first()
          .setInputFiles({
            name: `${mark}-plan.txt`,
            mimeType: 'text/plain',
            buffer: Buffer.from(`${mark}-plan`),
          });
        await expect
          .poll(() => must<object[]>(account, 'GET', '/files?fields=filename_download'))
          .toEqual([{ filename_download: `${mark}-plan.txt` }]);
      });

      for (const { page, mark } of sides) await keepPicture(page, `side-by-side-${mark}-files`);
    },
    LONG,
  );

  test(
    'search, and find the own rows alone',
    async () => {
      for (const side of sides) {
        const { page, mark } = side;
        await page.goto('/admin/content/projects');
        await page.locator('tr.table-row').first().waitFor();
        await page.locator('.search-input').click();
        await page.locator('.search-input input').fill('project-new');
        await expect.poll(async () => (await titlesOf(side)).length).toBe(1);
        expect((await titlesOf(side)).join()).toContain(`${mark}-project-new`);
        await nothingWasSeen();
      }
    },
    LONG,
  );

  test(
    'keep a bookmark of what they found',
    async () => {
      for (const side of sides) {
        const { page, mark } = side;
        await page.locator('.bookmark-controls [data-icon="bookmark"]').click();
        const dialog = page.locator('.v-card', { hasText: 'Create Bookmark' });
        await dialog.locator('input').first().fill(`${mark}-bookmark`);
        await dialog.getByRole('button', { name: 'Save' }).click();
        await page.waitForURL(/\?bookmark=\d+/);
        await page.reload();
        await page.locator('.v-list').getByText(`${mark}-bookmark`).first().waitFor();
        await expect.poll(async () => (await titlesOf(side)).length).toBe(1);
        await nothingWasSeen();
      }
      for (const { page } of sides) await page.reload();
    },
    LONG,
  );

  test(
    'export what they have, and nothing else',
    async () => {
      for (const { page, mark, account } of sides) {
        // The table remembers what was searched for, and an export follows the table.
        const presets = await must<{ id: number }[]>(account, 'GET', '/presets?fields=id');
        await must(
          account,
          'DELETE',
          '/presets',
          presets.map(({ id }) => id),
        );
        await page.goto('/admin/content/projects');
        await page.locator('tr.table-row').first().waitFor();
        const [drawer, open] = [page.locator('.v-drawer'), page.getByRole('button', { name: 'Export Items' })];
        const section = page.getByRole('button', { name: 'Import / Export' });

        // The table keeps how it looks right after it was opened, and the sidebar is drawn anew with it, closed again: what was
        // clicked on may have gone.
        const soon = { timeout: 5000 };
        await expect
          .poll(async () => {
            if (!(await open.isVisible())) await section.click(soon).catch(() => undefined);
            await open.click(soon).catch(() => undefined);
            await drawer.waitFor(soon).catch(() => undefined);
            return drawer.isVisible();
          })
          .toBe(true);
        await keepPicture(page, `side-by-side-${mark}-export`);

        const [download] = await Promise.all([
          nextDownload(page),
          page.locator('.v-drawer header button:has([data-icon="download"])').click(),
        ]);
        const file = await readFile(await download.path(), 'utf8');
        const { length } = await must<object[]>(account, 'GET', '/items/projects?fields=id&limit=-1');
        expect(file.match(new RegExp(`${mark}-project`, 'g'))).toHaveLength(length);
        for (const other of sides) if (other.mark !== mark) expect(file.toLowerCase()).not.toContain(other.mark);
        await nothingWasSeen();
      }
    },
    LONG,
  );

  test(
    'look at the same dashboard, and at their own numbers',
    async () => {
      for (const { page, mark, account } of sides) {
        await page.goto(`/admin/insights/${dashboard}`);
        const list = page.locator('.v-workspace-tile', { hasText: 'Which' });
        await list.getByText(`${mark}-project-new`).waitFor();
        const { length } = await must<object[]>(account, 'GET', '/items/projects?fields=id&limit=-1');
        await page.locator('.metric').getByText(String(length), { exact: true }).waitFor();
        await keepPicture(page, `side-by-side-${mark}-dashboard`);
        await nothingWasSeen();
      }
    },
    LONG,
  );
});
