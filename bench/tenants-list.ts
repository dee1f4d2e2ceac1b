import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { projectDirectory } from '../scripts/hosts/child.ts';
import { startHost } from '../scripts/hosts/host.ts';
import { TENANTS_ROLE } from '../src/tenancy/managed.ts';
import { launchBrowser, logIn, openStudio } from '../tests/studio/browser.ts';
import { login } from '../tests/support/client.ts';
import { must } from '../tests/support/world.ts';
import { createProject, say } from './support/project.ts';
import { medianOf } from './support/statistics.ts';

// `npm run bench -- tenants-list [--tenants 10000] [--rows 100] [--times 9]`: opens the list of the Tenants module in Chromium with ten
// tenants and with many, on PostgreSQL; each tenant has rows. Prints medians and their ratios.

const { values } = parseArgs({
  options: {
    tenants: { type: 'string', default: '10000' },
    rows: { type: 'string', default: '100' },
    times: { type: 'string', default: '9' },
  },
});

const [many, rows, times] = [Number(values.tenants), Number(values.rows), Number(values.times)];
const few = 10;

interface Visit {
  /** Milliseconds from the click to the first row that is drawn. */
  firstRow: number;
  requests: string[];
}

const { database, sql, remove } = await createProject(2);
const host = await startHost({ directus: '11', database });

async function fill(from: number, to: number): Promise<void> {
  const range = [from, to];
  const id = `('00000000-0000-4000-8000-' || lpad(number::text, 12, '0'))::uuid`;
  await sql.raw(
    `INSERT INTO directus_roles (id, name, icon, parent) SELECT ${id}, 'Tenant ' || number, 'domain', ?::uuid FROM generate_series(?::int, ?::int) AS number`,
    [TENANTS_ROLE, ...range],
  );
  await sql.raw(
    `INSERT INTO tenants (id, name, slug, status, date_created) SELECT ${id}, 'Tenant ' || number, 'tenant-' || number, 'active', now() FROM generate_series(?::int, ?::int) AS number`,
    range,
  );
  await sql.raw(
    `INSERT INTO articles (title, tenant_id) SELECT 'article ' || row, ${id} FROM generate_series(?::int, ?::int) AS number, generate_series(1, ?::int) AS row`,
    [...range, rows],
  );
  await sql.raw('ANALYZE');
}

/** Comes from another page of the module's neighbour, so that the Studio itself is loaded already. */
async function visit(page: Page): Promise<Visit> {
  await page.goto('/admin/settings/project');
  await page.locator('.module-bar a[href$="/admin/tenants"]').waitFor();
  await page.waitForLoadState('networkidle');

  const requests: string[] = [];
  const listen = (request: { url(): string; method(): string }): void => {
    const { pathname, search } = new URL(request.url());
    if (pathname.startsWith('/tenancy/')) requests.push(`${request.method()} ${pathname}${search}`);
  };
  page.on('request', listen);

  // It reads whole tables, for longer than the list takes: the next visit is not to be met by it.
  const doctor = page.waitForResponse((response) => new URL(response.url()).pathname === '/tenancy/doctor', {
    timeout: 120_000,
  });

  const firstRow = await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const start = performance.now();
        const look = (): void => {
          const cell = document.querySelector('.tenants-table tr.table-row .name');
          if (cell) requestAnimationFrame(() => resolve(performance.now() - start));
          else requestAnimationFrame(look);
        };
        document.querySelector<HTMLElement>('.module-bar a[href$="/admin/tenants"]')?.click();
        look();
      }),
  );

  await doctor;
  page.off('request', listen);
  return { firstRow, requests };
}

try {
  const superAdmin = await login(host.url, host.superAdmin);
  await must(superAdmin, 'POST', '/collections', {
    collection: 'articles',
    schema: {},
    fields: [
      { field: 'id', type: 'integer', schema: { is_primary_key: true, has_auto_increment: true } },
      { field: 'title', type: 'string', schema: {} },
    ],
  });
  await must(superAdmin, 'PUT', '/tenancy/collections/articles', { scope: 'tenant' });

  const browser = await launchBrowser();
  const { page } = await openStudio(browser, host.url);
  await logIn(page, host.superAdmin);

  const measure = async (): Promise<{ firstRow: number; answer: number; requests: string[] }> => {
    const visits: Visit[] = [];
    const answers: number[] = [];
    await visit(page);

    for (let time = 0; time < times; time += 1) {
      visits.push(await visit(page));
      const start = performance.now();
      await must(superAdmin, 'GET', '/tenancy/tenants?sort=name&limit=25&page=1');
      answers.push(performance.now() - start);
    }

    return {
      firstRow: medianOf(visits.map(({ firstRow }) => firstRow)),
      answer: medianOf(answers),
      requests: visits.at(0)?.requests ?? [],
    };
  };

  await fill(1, few);
  const before = await measure();
  await fill(few + 1, many);
  const after = await measure();
  await browser.close();

  const line = (name: string, key: 'firstRow' | 'answer'): void =>
    say(
      `${name}: ${before[key].toFixed(0)} ms with ${few} tenants, ${after[key].toFixed(0)} ms with ${many}, ratio ${(after[key] / before[key]).toFixed(2)}.`,
    );

  line('First row of the list, from the click', 'firstRow');
  line('Answer of the API', 'answer');
  say(`Requests to the endpoint: ${after.requests.length} (${after.requests.join(', ')}).`);
  const { size } = await stat(join(projectDirectory, 'dist', 'app.js'));
  say(`dist/app.js: ${(size / 1000).toFixed(0)} KB.`);
} finally {
  await host.stop();
  await remove();
}
