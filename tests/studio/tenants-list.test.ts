import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useHost } from '../support/host.ts';
import { login, send, type Account } from '../support/client.ts';
import { must } from '../support/world.ts';
import {
  findBarriers,
  isBrowserMissing,
  keepPicture,
  launchBrowser,
  logIn,
  openStudio,
  type Studio,
  untilExamined,
} from './browser.ts';

const FILE = [
  'Name;Slug;Owner_Email;Owner_Password;Colour',
  'East Ltd;;olga@east.example.com;correct horse battery;red',
  'West Ltd;west;;;',
  'North again;north;;;',
  ';nameless;;;',
].join('\n');

describe.skipIf(isBrowserMissing).each(['11', '12'] as const)('many tenants at once on Directus %s', (directus) => {
  const host = useHost({ directus });
  let browser: Browser;
  let studio: Studio;
  let page: Page;
  let superAdmin: Account;

  beforeAll(async () => {
    superAdmin = await login(host().url, host().superAdmin);
    for (const name of ['North', 'South', 'Middle']) await must(superAdmin, 'POST', '/tenancy/tenants', { name });
    browser = await launchBrowser();
    studio = await openStudio(browser, host().url);
    page = studio.page;
    await logIn(page, host().superAdmin);
    await untilExamined(page, () => page.goto('/admin/tenants'));
  });

  afterAll(() => browser?.close());

  const row = (name: string) => page.locator('tr.table-row', { hasText: name });
  const check = (name: string) => row(name).locator('.v-checkbox, input[type="checkbox"]').first().click();
  const drawer = () => page.locator('.v-drawer');
  const statuses = async (): Promise<Record<string, string>> =>
    Object.fromEntries(
      (await must<{ slug: string; status: string }[]>(superAdmin, 'GET', '/tenancy/tenants?limit=-1')).map(
        ({ slug, status }) => [slug, status],
      ),
    );

  test('are suspended and resumed together', async () => {
    await check('North');
    await check('Middle');
    await page.getByRole('button', { name: 'Suspend (2)' }).click();
    const dialog = page.locator('.v-card').filter({ hasText: 'Suspend 2 tenants?' });
    await dialog.getByText('Middle').waitFor();
    await keepPicture(page, `tenants-bulk-${directus}`);
    await dialog.getByRole('button', { name: 'Suspend', exact: true }).click();
    await page.getByText('2 tenants were suspended').waitFor();
    expect(await statuses()).toEqual({ north: 'suspended', middle: 'suspended', south: 'active' });
    await row('North').getByText('Suspended').waitFor();

    await check('North');
    await page.getByRole('button', { name: 'Resume (1)' }).click();
    await page.getByRole('button', { name: 'Resume', exact: true }).click();
    await page.getByText('One tenant was resumed').waitFor();
    expect(await statuses()).toEqual({ north: 'active', middle: 'suspended', south: 'active' });
    // The dialog fades away after it has said so.
    await expect.poll(() => page.getByRole('button', { name: /^Resume/ }).count()).toBe(0);
  });

  test('are told about one by one where some cannot be changed', async () => {
    await check('North');
    await check('South');
    const gone = (await must<{ id: string }>(superAdmin, 'GET', '/tenancy/tenants/south')).id;
    await page.route(`**/tenancy/tenants/${gone}/suspend`, (route) =>
      route.fulfill({ status: 404, json: { errors: [{ message: 'There is no tenant "South".', extensions: {} }] } }),
    );
    await page.getByRole('button', { name: 'Suspend (2)' }).click();
    await page.getByRole('button', { name: 'Suspend', exact: true }).click();
    await page.getByText('South: There is no tenant "South".').waitFor();
    await page.getByText('One tenant was suspended').waitFor();
    expect(await statuses()).toMatchObject({ north: 'suspended', south: 'active' });
    await page.unroute(`**/tenancy/tenants/${gone}/suspend`);
    await page.getByRole('button', { name: 'Try Again' }).click();
    await expect.poll(statuses).toMatchObject({ north: 'suspended', south: 'suspended' });
    expect(studio.refusals.splice(0)).toEqual([`POST /tenancy/tenants/${gone}/suspend 404`]);
    for (const slug of ['north', 'south', 'middle']) await must(superAdmin, 'POST', `/tenancy/tenants/${slug}/resume`);
  });

  const openDetail = async (): Promise<void> => {
    const button = page.getByRole('button', { name: 'Import from CSV' });
    if (!(await button.isVisible())) await page.getByText('Import / Export').click();
    await button.waitFor();
  };

  test('are exported as they are searched for, past the page that is shown', async () => {
    await untilExamined(page, () => page.goto('/admin/tenants?search=th'));
    await row('South').waitFor();
    await openDetail();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Export 2 tenants as CSV' }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/^tenants-\d{4}-\d\d-\d\d\.csv$/);
    const lines = (await readFile(await download.path(), 'utf8')).trim().split('\r\n');
    expect(lines[0]).toContain('id,name,slug,status,owner_email');
    expect(lines.slice(1).map((line) => line.split(',')[2])).toEqual(['north', 'south']);
  });

  test('are imported from a file, after a look at it, and what is refused can be mended', async () => {
    await untilExamined(page, () => page.goto('/admin/tenants'));
    await row('South').waitFor();
    await openDetail();
    await page.getByRole('button', { name: 'Import from CSV' }).click();
    await drawer().getByText('Drop a CSV file here').waitFor();

    await drawer()
      .locator('input[type="file"]')
      .setInputFiles({
        name: 'list.csv',
        mimeType: 'text/csv',
        buffer: Buffer.from('title\nx'),
      });
    await drawer().getByText('The file has no column “name”').waitFor();

    await drawer()
      .locator('input[type="file"]')
      .setInputFiles({
        name: 'tenants.csv',
        mimeType: 'text/csv',
        buffer: Buffer.from(FILE),
      });
    await drawer().getByText('One row needs to be mended and is left out.').waitFor();
    await drawer().getByText('Columns that are not imported: colour').waitFor();
    await drawer().locator('tr', { hasText: 'East Ltd' }).getByText('east-ltd').waitFor();
    await drawer().locator('tr.refused', { hasText: 'nameless' }).getByText('This is required.').waitFor();
    expect(await findBarriers(page, ['.import-tenants'], ['.v-drawer .v-checkbox'])).toEqual([]);
    await keepPicture(page, `tenants-import-${directus}`);
    expect(await statuses()).not.toHaveProperty('west');

    await drawer().getByRole('button', { name: 'Import 3 tenants' }).click();
    await drawer().getByText('2 tenants were created').first().waitFor();
    await drawer().locator('tr.refused', { hasText: 'North again' }).getByText(/slug/i).first().waitFor();
    expect(await findBarriers(page, ['.import-tenants'])).toEqual([]);
    await keepPicture(page, `tenants-imported-${directus}`);

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      drawer().getByRole('button', { name: 'Download them with the reasons' }).click(),
    ]);
    const refused = await readFile(await download.path(), 'utf8');
    expect(refused).toContain('North again,north');
    expect(refused).not.toContain('West');

    expect(await statuses()).toMatchObject({ 'east-ltd': 'active', west: 'active' });
    await login(host().url, { email: 'olga@east.example.com', password: 'correct horse battery' });
    await drawer().getByRole('button', { name: 'Done' }).click();
    await row('East Ltd').waitFor();
  });

  test('go on being imported under the same key where the connection broke off', async () => {
    await untilExamined(page, () => page.goto('/admin/tenants'));
    await row('South').waitFor();
    await openDetail();
    await page.getByRole('button', { name: 'Import from CSV' }).click();
    await drawer()
      .locator('input[type="file"]')
      .setInputFiles({
        name: 'two.csv',
        mimeType: 'text/csv',
        buffer: Buffer.from('name\nHigh\nLow\n'),
      });

    // The first line is done and answered, and the rest is lost on the way.
    await page.route('**/tenancy/tenants/import', async (route) => {
      const request = route.request();
      const { data } = await send(host().url, 'POST', '/tenancy/tenants', {
        token: superAdmin.token,
        body: { name: 'High' },
        headers: { 'Idempotency-Key': `${request.headers()['idempotency-key']} line 1` },
      });
      const line = JSON.stringify({ line: 1, status: 201, data });
      await route.fulfill({ status: 200, contentType: 'application/x-ndjson', body: `${line}\n{"line":2,"st` });
    });
    await drawer().getByRole('button', { name: 'Import 2 tenants' }).click();
    await drawer().locator('tr.created', { hasText: 'High' }).waitFor();
    await drawer().getByRole('alert').waitFor();
    await page.unroute('**/tenancy/tenants/import');
    await drawer().getByRole('button', { name: 'Go On' }).click();
    await drawer().getByText('2 tenants were created').first().waitFor();

    expect(
      Object.keys(await statuses())
        .filter((slug) => /^(high|low)/.test(slug))
        .sort(),
    ).toEqual(['high', 'low']);
    expect(studio.complaints).toEqual([]);
  });
});
