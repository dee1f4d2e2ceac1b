import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DoctorReport } from '../../src/tenancy/doctor/report.ts';
import type { CollectionScope } from '../../src/tenancy/types.ts';
import { TENANTS_ROLE } from '../../src/tenancy/managed.ts';
import { login, send, type Account } from '../support/client.ts';
import { createCollection, createRelation } from '../support/collections.ts';
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
  type Studio,
  untilExamined,
} from './browser.ts';

const COLLECTIONS_PAGE = '/admin/tenants/-/collections';
const HEALTH_PAGE = '/admin/tenants/-/health';

/** For tests that go through many pages. */
const LONG = 180_000;

/** Directus' own elements, for which axe has complaints. */
const OF_DIRECTUS = ['.v-select', '.v-checkbox', '.v-button', '.v-detail button'];

describe.skipIf(isBrowserMissing).each(['11', '12'] as const)(
  'Collections and Health on Directus %s',
  { timeout: LONG },
  (directus) => {
    const host = useHost({ directus });
    const isLicensed = directus === '11';
    let browser: Browser;
    let studio: Studio;
    let page: Page;
    let superAdmin: Account;
    const tenants: Record<string, string> = {};

    beforeAll(async () => {
      superAdmin = await login(host().url, host().superAdmin);

      for (const name of ['North', 'South']) {
        tenants[name] = (await must<{ id: string }>(superAdmin, 'POST', '/tenancy/tenants', { name })).id;
      }

      const string = (field: string): object => ({ field, type: 'string', schema: {} });
      const integer = (field: string): object => ({ field, type: 'integer', schema: {} });
      await createCollection(superAdmin, 'articles', [string('title'), integer('office')], { icon: 'article' });
      await createCollection(superAdmin, 'remarks', [string('text'), integer('article')]);
      await createRelation(superAdmin, 'remarks', 'article', 'articles');
      await createCollection(superAdmin, 'countries', [string('name')]);

      for (const collection of ['articles', 'remarks', 'countries']) {
        await must(superAdmin, 'PUT', `/tenancy/collections/${collection}`, { scope: 'shared' });
      }

      await must(superAdmin, 'POST', '/items/articles', [
        { title: 'Fjords', office: 1 },
        { title: 'Fjords', office: 1 },
        { title: 'Oranges', office: 2 },
      ]);
      await must(superAdmin, 'POST', '/items/remarks', [
        { text: 'cold', article: 1 },
        { text: 'sweet', article: 3 },
      ]);
      await must(superAdmin, 'POST', '/items/countries', [{ name: 'Norway' }]);

      // A table of another program, of which nobody decided anything.
      await runSql(host().database, 'CREATE TABLE strangers (id integer PRIMARY KEY, name varchar(20))');
      await must(superAdmin, 'POST', '/utils/cache/clear?system');

      browser = await launchBrowser();
      studio = await openStudio(browser, host().url);
      page = studio.page;
      await logIn(page, host().superAdmin);
    });

    afterAll(() => browser?.close());

    const title = (name: string) => page.getByRole('heading', { level: 1, name }).waitFor();
    const row = (key: string) => page.locator('.collection', { has: page.getByText(key, { exact: true }) });
    const drawer = () => page.locator('.v-drawer');
    const button = (name: string) => drawer().getByRole('button', { name, exact: true });
    const choice = (name: string) => drawer().locator('.v-radio', { hasText: name });
    const notice = () => page.locator('.v-notice', { hasText: 'Tenants are not fully protected' });

    const scopeOf = async (collection: string): Promise<CollectionScope> =>
      (await must<CollectionScope[]>(superAdmin, 'GET', '/tenancy/collections')).find(
        (each) => each.collection === collection,
      )!;

    const ownersOf = async (collection: string): Promise<string[]> =>
      (await must<{ tenant_id: string }[]>(superAdmin, 'GET', `/items/${collection}?sort=id`)).map(
        ({ tenant_id: tenant }) => tenant,
      );

    const pick = async (label: string, tenant: string): Promise<void> => {
      await drawer().getByLabel(label, { exact: true }).fill(tenant.slice(0, 3));
      await page.getByRole('option', { name: tenant }).click();
    };

    /** Chooses in a select of Directus, which opens a menu. */
    const choose = async (select: ReturnType<Page['locator']>, item: string): Promise<void> => {
      await select.click();
      await page.locator('.v-menu-content .v-list-item', { hasText: item }).last().click();
    };

    const open = async (collection: string, name: string): Promise<void> => {
      await untilExamined(page, () => page.goto(`${COLLECTIONS_PAGE}/${collection}`));
      await title(name);
      await page.locator('.scope-chip').waitFor();
    };

    test('lists collections as the app calls them, with what they are and what is wrong', async () => {
      await untilExamined(page, () => page.goto('/admin/tenants'));
      await page.getByRole('link', { name: 'Collections' }).click();
      await title('Collections');
      await row('articles').getByText('Articles', { exact: true }).waitFor();
      await row('articles').getByText('Shared').waitFor();
      await row('directus_files').getByText('Mixed').waitFor();
      await row('strangers').getByText('Not Decided').waitFor();
      await row('strangers').getByText('One finding').waitFor();
      expect(await findBarriers(page, ['main .content'], OF_DIRECTUS)).toEqual([]);
      await keepPicture(page, `collections-${directus}`);
    });

    test('searches and filters them, and keeps that in the URL', async () => {
      await page.locator('.header-search').click();
      await page.getByRole('searchbox').pressSequentially('art');
      await page.waitForURL(/search=art/);
      await row('countries').waitFor({ state: 'detached' });
      expect(await page.locator('.collection').count()).toBe(1);

      await page.getByRole('searchbox').fill('nothing like it');
      await page.getByText('No matching collections').waitFor();
      await page.getByRole('button', { name: 'Clear Filters' }).click();
      await row('countries').waitFor();

      await choose(page.locator('main .filter'), 'With Findings');
      await page.waitForURL(/show=findings/);
      await row('countries').waitFor({ state: 'detached' });
      await untilExamined(page, () => page.reload());
      await row('strangers').waitFor();
      expect(await page.locator('.collection').count()).toBe(1);
    });

    test('says what is wrong with a collection, and that there is none', async () => {
      await row('strangers').click();
      await page.locator('.v-notice', { hasText: 'Nobody decided the scope' }).waitFor();
      await page.goto(`${COLLECTIONS_PAGE}/nowhere`);
      await page.getByText('There is no collection “nowhere”').waitFor();
    });

    test('gives items to tenants by the values of a field, and shows in full what is refused', async () => {
      await open('articles', 'Articles');
      await page.getByRole('button', { name: 'Change' }).click();
      await drawer().getByText('Step 1 of 2').waitFor();
      await keepPicture(page, `collections-scope-${directus}`);
      await choice('Per Tenant').click();
      await drawer().getByText('Step 1 of 3').waitFor();
      expect(await findBarriers(page, ['.scope-steps'])).toEqual([]);
      await button('Continue').click();

      await drawer().getByText('3 items have no tenant yet').waitFor();
      await choice('As what they refer to').getByText('No field of this collection leads to').waitFor();
      await choice('By the value of a field').click();
      await choose(drawer().locator('.v-select'), 'Office');
      await pick('Tenant: 1', 'North');
      expect(await findBarriers(page, ['.scope-steps'], OF_DIRECTUS)).toEqual([]);
      await keepPicture(page, `collections-owners-${directus}`);
      await button('Continue').click();

      await drawer().getByText('This cannot be done yet').waitFor();
      await drawer().getByText('1 row of "articles" (3) would belong to no tenant').waitFor();
      await keepPicture(page, `collections-refused-${directus}`);
      expect((await scopeOf('articles')).scope).toBe('shared');
      expect(studio.refusals.splice(0)).toEqual(['PUT /tenancy/collections/articles 409']);

      await button('Back').click();
      expect(await drawer().getByLabel('Tenant: 1', { exact: true }).inputValue()).toBe('North');
      await pick('Tenant: 2', 'South');
      await button('Continue').click();
      await drawer().getByText('3 items get a tenant.').waitFor();
      expect(await findBarriers(page, ['.scope-steps'])).toEqual([]);
      await keepPicture(page, `collections-preview-${directus}`);
      expect((await scopeOf('articles')).scope).toBe('shared');

      await button('Apply').click();
      await drawer().getByText('“Articles” is done').waitFor();
      await drawer().getByText('3 items got a tenant.').waitFor();
      await keepPicture(page, `collections-done-${directus}`);
      await button('Done').click();
      await drawer().waitFor({ state: 'detached' });
      await page.locator('.scope-chip', { hasText: 'Per Tenant' }).waitFor();
      expect(await ownersOf('articles')).toEqual([tenants['North'], tenants['North'], tenants['South']]);
    });

    test('gives items the tenants of what they refer to, by keyboard', async () => {
      await open('remarks', 'Remarks');
      await page.getByRole('button', { name: 'Change' }).focus();
      await page.keyboard.press('Enter');

      for (const name of ['Per Tenant', 'As what they refer to']) {
        await choice(name).focus();
        await page.keyboard.press('Space');
        if (name !== 'Per Tenant') await choose(drawer().locator('.v-select'), 'Article');
        await button('Continue').focus();
        await page.keyboard.press('Enter');
      }

      await drawer().getByText('2 items get a tenant.').waitFor();
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('This is what will happen');
      await button('Apply').focus();
      await page.keyboard.press('Enter');
      await drawer().getByText('“Remarks” is done').waitFor();
      await button('Done').click();
      expect(await ownersOf('remarks')).toEqual([tenants['North'], tenants['South']]);
    });

    test('gives all of them to one tenant, and shows them to all again once that is confirmed', async () => {
      await open('countries', 'Countries');
      await page.getByRole('button', { name: 'Change' }).click();
      await choice('Mixed').click();
      await button('Continue').click();
      await choice('One tenant').click();
      expect(await button('Continue').isDisabled()).toBe(true);
      await drawer().getByLabel('Tenant', { exact: true }).click();
      await page.getByRole('option', { name: 'South' }).waitFor();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      expect(await drawer().getByLabel('Tenant', { exact: true }).inputValue()).toBe('South');
      await button('Continue').click();
      await drawer().getByText('One item gets a tenant.').waitFor();
      await button('Apply').click();
      await drawer().getByText('“Countries” is done').waitFor();
      await button('Done').click();
      expect(await scopeOf('countries')).toMatchObject({ scope: 'mixed', rows: { owned: 1, unowned: 0 } });

      await page.getByRole('button', { name: 'Change' }).click();
      await choice('Shared').click();
      await button('Continue').click();
      await drawer().getByText('Others will see these items').waitFor();
      expect(await button('Apply').isDisabled()).toBe(true);
      await drawer().locator('.v-checkbox').click();
      expect(await findBarriers(page, ['.scope-steps'], OF_DIRECTUS)).toEqual([]);
      await keepPicture(page, `collections-confirm-${directus}`);
      await button('Apply').click();
      await drawer().getByText('“Countries” is done').waitFor();
      await button('Done').click();
      expect(await scopeOf('countries')).toMatchObject({ scope: 'shared', rows: { owned: 0, unowned: 1 } });
      expect(studio.refusals.splice(0)).toEqual(['PUT /tenancy/collections/countries 400']);
    });

    test('makes values unique per tenant, and shows what is in the way', async () => {
      await open('articles', 'Articles');
      const field = (key: string) => page.locator('.unique-fields li', { has: page.getByText(key, { exact: true }) });

      await choose(field('title').locator('.v-select, .bounds').first(), 'Unique per Tenant');
      await field('title').getByText('Fjords').waitFor();
      await field('title').getByText('Nothing was changed', { exact: true }).waitFor();
      await keepPicture(page, `collections-unique-${directus}`);
      expect(studio.refusals.splice(0)).toEqual(['PATCH /tenancy/collections/articles/fields/title 409']);
      expect(await findBarriers(page, ['main .content'], OF_DIRECTUS)).toEqual([]);

      await must(superAdmin, 'PATCH', '/items/articles/2', { title: 'Glaciers' });
      await choose(field('title').locator('.v-select, .bounds').first(), 'Unique per Tenant');
      await page.getByText('“Title” is saved').waitFor();
      expect((await scopeOf('articles')).unique).toEqual([{ field: 'title', within: 'tenant' }]);
    });

    test('gives files of the project to a tenant', async () => {
      const form = new FormData();
      form.append('file', new Blob(['x'], { type: 'text/plain' }), 'x.txt');
      const { id } = await must<{ id: string }>(superAdmin, 'POST', '/files', form);

      await untilExamined(page, () => page.goto(`${COLLECTIONS_PAGE}/directus_files`));
      await page.getByRole('button', { name: 'Give to Tenants' }).click();
      await drawer().getByText('Step 1 of 2').waitFor();
      await choice('One tenant').click();
      await pick('Tenant', 'North');
      await button('Continue').click();
      await button('Apply').click();
      await drawer().locator('h2.done').waitFor();
      await button('Done').click();
      expect(await must(superAdmin, 'GET', `/files/${id}?fields=tenant_id`)).toEqual({ tenant_id: tenants['North'] });
    });

    test('says that Directus cannot be reached, and goes on when it can', async () => {
      const tryAgain = () => page.getByRole('button', { name: 'Try Again' }).click();

      await page.route('**/tenancy/collections', (route) => route.abort());
      await untilExamined(page, () => page.goto(COLLECTIONS_PAGE));
      await page.getByText('Directus cannot be reached').waitFor();
      await page.unroute('**/tenancy/collections');
      await tryAgain();
      await page.getByText('articles', { exact: true }).waitFor();

      await page.route('**/tenancy/doctor', (route) => route.abort());
      await page.goto(HEALTH_PAGE);
      await page.getByText('Directus cannot be reached').waitFor();
      await page.unroute('**/tenancy/doctor');
      await untilExamined(page, tryAgain);
      await page.getByText(/checks? passed/).click();
      await page.getByText('walls', { exact: true }).waitFor();
    });

    test('is red where a wall is down, says so on every page, and mends what is safe to mend', async () => {
      await untilExamined(page, () => page.goto(HEALTH_PAGE));
      await page.getByText(/checks? passed/).waitFor();
      await expect.poll(() => notice().count()).toBe(isLicensed ? 0 : 1);

      const [attached] = await must<{ id: string }[]>(superAdmin, 'GET', `/access?filter[role][_eq]=${TENANTS_ROLE}`);
      await must(superAdmin, 'DELETE', `/access/${attached!.id}`);
      const broken = page.locator('.doctor-check.fail', { hasText: 'managed-policies' });
      await untilExamined(page, () => page.getByRole('button', { name: 'Check Again' }).click());
      await broken.waitFor();
      expect(await findBarriers(page, ['main .content', '.v-notice'], OF_DIRECTUS)).toEqual([]);
      await keepPicture(page, `health-${directus}`);

      const { message } = (
        await must<{ checks: { id: string; message: string }[] }>(superAdmin, 'GET', '/tenancy/doctor')
      ).checks.find(({ id }) => id === 'managed-policies')!;

      // One visit of the module asks the doctor once.
      const asked: string[] = [];
      page.on('request', (request) => {
        if (request.url().endsWith('/tenancy/doctor')) asked.push(request.url());
      });
      await untilExamined(page, () => page.goto('/admin/tenants'));
      await notice().getByText(message).waitFor();
      expect(await findBarriers(page, ['.v-notice'])).toEqual([]);
      await page.locator('tr.table-row', { hasText: 'North' }).click();
      await title('North');
      await notice().getByText(message).waitFor();
      await keepPicture(page, `notice-tenant-${directus}`);
      await page.getByRole('link', { name: 'Collections' }).click();
      await row('articles').waitFor();
      await notice().getByText(message).waitFor();
      await row('articles').click();
      await title('Articles');
      await notice().getByText(message).waitFor();
      await notice().getByRole('link', { name: 'See What to Do' }).click();
      await broken.waitFor();
      expect(asked).toHaveLength(1);

      await broken.getByRole('button', { name: 'Fix managed-policies' }).click();
      await page.getByText('This was mended').waitFor();
      await broken.waitFor({ state: 'detached' });
      await expect.poll(() => notice().count()).toBe(isLicensed ? 0 : 1);
      await keepPicture(page, `health-fixed-${directus}`);
      const { checks } = await must<{ checks: { id: string; status: string }[] }>(superAdmin, 'GET', '/tenancy/doctor');
      expect(checks).toContainEqual(expect.objectContaining({ id: 'managed-policies', status: 'pass' }));
    });

    test('mends at once all that is safe to mend', async () => {
      await runSql(host().database, 'DROP INDEX tenancy_directus_files_tenant_id_id_index');
      const [attached] = await must<{ id: string }[]>(superAdmin, 'GET', `/access?filter[role][_eq]=${TENANTS_ROLE}`);
      await must(superAdmin, 'DELETE', `/access/${attached!.id}`);
      await untilExamined(page, () => page.getByRole('button', { name: 'Check Again' }).click());
      await page.locator('.doctor-check.warn', { hasText: 'missing-indexes' }).waitFor();
      await page.locator('.doctor-check.fail', { hasText: 'managed-policies' }).waitFor();

      await page.getByRole('button', { name: 'Fix All That Is Safe' }).click();
      await page.getByText('This was mended').waitFor();
      expect(await page.locator('.doctor-check', { hasText: /missing-indexes|managed-policies/ }).count()).toBe(0);
    });

    // Only where there is something to say: CI takes no test that is skipped.
    if (!isLicensed) {
      test('says on every page that the licence does not allow the rules', async () => {
        for (const path of ['/admin/tenants', `/admin/tenants/${tenants['North']}`, COLLECTIONS_PAGE]) {
          await page.goto(path);
          await notice().getByText('does not include custom permission rules').waitFor();
        }

        await page.goto(HEALTH_PAGE);
        await page.locator('.doctor-check.fail', { hasText: 'does not include custom permission rules' }).waitFor();
        await notice().waitFor();
      });
    }

    test('stay where they are while they load', async () => {
      // What the doctor fails, such as a licence without rules, slides in once, on the first page of the module.
      await untilExamined(page, () => page.goto('/admin/tenants'));
      await page.locator('.tenants-table tr.table-row').first().waitFor();
      await page.waitForLoadState('networkidle');

      for (const [path, content] of [
        ['/tenants/-/collections', '.collection'],
        ['/tenants/-/collections/articles', '.scope-chip'],
        ['/tenants/-/health', '.doctor-check'],
      ] as const) {
        expect(await goWithin(page, path, content)).toEqual([]);
      }
    });

    test('keeps the pages usable while the doctor does not answer', async () => {
      await page.route('**/tenancy/doctor', (route) => route.abort());
      await page.goto('/admin/tenants');
      await page.locator('tr.table-row', { hasText: 'North' }).click();
      await title('North');
      await page.getByText('Details').waitFor();
      await page.unroute('**/tenancy/doctor');
    });

    test('speaks German', async () => {
      await must(superAdmin, 'PATCH', '/users/me', { language: 'de-DE' });
      await untilExamined(page, () => page.goto(COLLECTIONS_PAGE));
      await title('Sammlungen');
      await row('articles').getByText('Je Mandant').waitFor();
      await keepPicture(page, `collections-${directus}-german`);
      await row('articles').click();
      await page.getByRole('button', { name: 'Ändern' }).click();
      await drawer().getByText('Wer sieht was in dieser Sammlung?').waitFor();
      await keepPicture(page, `collections-scope-${directus}-german`);

      const { data: report } = await send<DoctorReport>(host().url, 'GET', '/tenancy/doctor', {
        token: superAdmin.token,
        headers: { 'Accept-Language': 'de-DE' },
      });
      await untilExamined(page, () => page.goto(HEALTH_PAGE));
      await page.locator('.v-detail button').first().click();

      for (const { message, fix } of report.checks) {
        await page.getByText(message, { exact: true }).waitFor();
        if (fix) await page.getByText(fix).first().waitFor();
      }
      await page.getByText('Aller Schutz ist angemeldet.').waitFor();
      await keepPicture(page, `health-${directus}-german`);
      await must(superAdmin, 'PATCH', '/users/me', { language: null });
    });

    test.each([
      ['in the dark', { colorScheme: 'dark' }],
      ['on a phone', { width: 390 }],
    ] as const)('keeps its shape %s', async (name, options) => {
      const other = await openStudio(browser, host().url, options);
      const suffix = `${directus}-${name.split(' ').at(-1)}`;
      await logIn(other.page, host().superAdmin);

      await other.page.goto(COLLECTIONS_PAGE);
      await other.page.locator('.collection').first().waitFor();
      await keepPicture(other.page, `collections-${suffix}`);

      await untilExamined(other.page, () => other.page.goto(`${COLLECTIONS_PAGE}/articles`));
      await other.page.locator('.scope-chip').waitFor();
      await keepPicture(other.page, `collection-${suffix}`);
      await other.page.getByRole('button', { name: 'Change' }).click();
      await other.page.locator('.v-drawer .v-radio').first().waitFor();
      await keepPicture(other.page, `collections-scope-${suffix}`);

      await other.page.goto(HEALTH_PAGE);
      await other.page.getByText(/checks? passed/).waitFor();
      await keepPicture(other.page, `health-${suffix}`);
      expect(other.complaints).toEqual([]);
      await other.context.close();
    });

    test('had nothing to complain about', () => {
      expect(studio.complaints).toEqual([]);
      expect(studio.refusals).toEqual([]);
    });
  },
);
