import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DatabaseKind } from '../../scripts/hosts/databases.ts';
import { startHost, type Host } from '../../scripts/hosts/host.ts';
import { TENANTS_ROLE } from '../../src/tenancy/managed.ts';
import { login, type Account, type Answer } from '../support/client.ts';
import { startTestHost } from '../support/host.ts';
import { createPolicy } from '../support/people.ts';
import { applyTemplate, areTemplatesMissing, primaryKeyIn, type Template } from '../support/templates.ts';
import { must } from '../support/world.ts';

/** What all tenants of these projects have in common; everything else becomes theirs. */
const SHARED = ['languages'];

type Row = Record<string, unknown>;

interface PanelOptions {
  collection?: string;
  field?: string;
  valueField?: string;
  fn?: string;
  function?: string;
  filter?: object;
  defaultValue?: string;
}

const PROJECTS: [string, DatabaseKind][] = [
  // Of the databases only this one keeps places without an extension of its own.
  ['simple-crm', 'mariadb'],
  ['simple-ecommerce', 'sqlite'],
  ['help-center', 'postgres'],
];

describe.skipIf(areTemplatesMissing).each(PROJECTS)('A project that others made: %s', (name, kind) => {
  let host: Host;
  let directory: string | undefined;
  let template: Template;
  let superAdmin: Account;
  let first: Account;
  let second: Account;
  let owned: string[];
  let figures: string[];

  const password = 'correct horse battery';

  /** What the panels of the dashboards ask for. */
  const figuresFor = async (account: Account): Promise<string[]> => {
    const options = template.panels.map((panel) => panel['options'] as PanelOptions);
    const variables = new Map(
      options.map(({ field, defaultValue }) => [field, defaultValue?.replace('{{$NOW}}', '2030-01-01') ?? '']),
    );

    return Promise.all(
      options.flatMap(({ collection, field, valueField, fn, function: word, filter = {} }) => {
        const aggregate = fn ?? word;
        if (!collection || !aggregate) return [];

        const asked = JSON.stringify(filter).replace(/\{\{(\w+)\}\}/g, (_, name: string) => variables.get(name) ?? '');
        const query = `aggregate[${aggregate}]=${field ?? valueField}&filter=${encodeURIComponent(asked)}`;
        const path = `/items/${collection}?${query}`;
        return [account.send('GET', path).then(({ status, data }) => `${status} ${path} ${JSON.stringify(data)}`)];
      }),
    );
  };

  const rowsOf = async (account: Account, collection: string, query = 'limit=-1'): Promise<Row[]> =>
    [await must<Row[] | Row>(account, 'GET', `/items/${collection}?${query}`)].flat();

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tenancy-template-'));
    const bare = await startTestHost({ directus: '11', database: kind, directory, bundle: false });
    const { database } = bare;
    const before = await login(bare.url, bare.superAdmin);
    template = await applyTemplate(before, join(directory, 'uploads'), name);
    figures = await figuresFor(before);
    await bare.stop();

    host = await startHost({ directus: '11', database, directory });
    superAdmin = await login(host.url, host.superAdmin);
    owned = [...template.content.keys()].filter((collection) => !SHARED.includes(collection));

    const provision = (slug: string): Promise<unknown> => {
      const owner = { email: `owner@${slug}.example.com`, password };
      return must(superAdmin, 'POST', '/tenancy/tenants', { name: slug, slug, owner });
    };
    await provision('first');

    const scope = (...parameters: string[]): Promise<string> =>
      host.run('tenancy', 'collections', 'scope', ...parameters);
    for (const collection of owned) await scope(collection, 'tenant', '--tenant', 'first');
    for (const collection of SHARED) if (template.content.has(collection)) await scope(collection, 'shared');
    for (const collection of ['directus_folders', 'directus_files']) {
      await scope(collection, 'mixed', '--tenant', 'first');
    }
    await must(superAdmin, 'POST', '/utils/cache/clear?system');

    for (const { collection, unique } of await must<{ collection: string; unique: { field: string }[] }[]>(
      superAdmin,
      'GET',
      '/tenancy/collections',
    )) {
      if (!owned.includes(collection)) continue;
      for (const { field } of unique) {
        await must(superAdmin, 'PATCH', `/tenancy/collections/${collection}/fields/${field}`, { unique: 'tenant' });
      }
    }

    const dashboards = await createPolicy(
      superAdmin,
      ['directus_dashboards', 'directus_panels'].map((collection) => ({ collection, action: 'read' as const })),
    );
    await must(superAdmin, 'POST', '/access', { role: TENANTS_ROLE, policy: dashboards });

    await provision('second');
    first = await login(host.url, { email: 'owner@first.example.com', password });
    second = await login(host.url, { email: 'owner@second.example.com', password });
  });

  afterAll(async () => {
    await host?.stop();
    await host?.database.drop();
    if (directory) await rm(directory, { recursive: true, force: true });
  });

  it('is whole for the tenant that it was given to, its files and dashboards too', async () => {
    for (const [collection, rows] of template.content) {
      expect(await rowsOf(first, collection), collection).toHaveLength(rows.length);
    }

    expect(await must(first, 'GET', '/files?fields=id')).toHaveLength(template.files.length);
    for (const { id } of template.files) expect((await first.send('GET', `/assets/${String(id)}`)).status).toBe(200);
    expect(await must(first, 'GET', '/panels?limit=-1')).toHaveLength(template.panels.length);
    expect(await figuresFor(first)).toEqual(figures);
  });

  it('is empty for the next one', async () => {
    for (const collection of owned) {
      const found = await rowsOf(second, collection);
      expect(template.singletons.has(collection) ? found[0]!['id'] : found, collection).toEqual(
        template.singletons.has(collection) ? null : [],
      );
    }

    expect(await must(second, 'GET', '/files?fields=id')).toEqual([]);
    for (const { id } of template.files) expect((await second.send('GET', `/assets/${String(id)}`)).status).toBe(403);
    expect(await must(second, 'GET', '/panels?limit=-1')).toHaveLength(template.panels.length);
    for (const figure of await figuresFor(second)) expect(figure).toMatch(/^200 .*(?:null|"?0"?|\[\])[}\]]*$/);
  });

  it('has nothing that the doctor fails', async () => {
    const { checks } = await must<{ checks: { id: string; status: string }[] }>(superAdmin, 'GET', '/tenancy/doctor');
    expect(checks.filter(({ status }) => status === 'fail')).toEqual([]);
    expect(checks.find(({ id }) => id === 'unique-values')).toMatchObject({ status: 'pass' });
    expect(checks.find(({ id }) => id === 'foreign-references')).toMatchObject({ status: 'pass' });
  });

  describe('with the same content a second time', () => {
    /** Keys of the second tenant's rows by those of the first one's. */
    const keys = new Map<string, unknown>();

    beforeAll(async () => {
      const keyOf = (collection: string, row: Row): string => `${collection} ${String(row[primaryKeyIn(collection)])}`;

      for (const collection of owned) {
        const references = [...(template.references.get(collection)?.keys() ?? [])];
        const left = [primaryKeyIn(collection), 'tenant_id', ...references];

        for (const row of template.content.get(collection) ?? []) {
          // As a form leaves them out: a flow of the shop takes no null for a list.
          const filled = Object.entries(row).filter(([field, value]) => value !== null && !left.includes(field));
          const copy = Object.fromEntries(filled);
          const isSingleton = template.singletons.has(collection);
          const made = await must<Row>(second, isSingleton ? 'PATCH' : 'POST', `/items/${collection}`, copy);
          keys.set(keyOf(collection, row), made[primaryKeyIn(collection)]);
        }
      }

      for (const collection of owned) {
        for (const row of template.content.get(collection) ?? []) {
          const changes: Row = {};
          for (const [field, related] of template.references.get(collection) ?? []) {
            if (row[field] === null || row[field] === undefined || related.startsWith('directus_')) continue;
            changes[field] = SHARED.includes(related) ? row[field] : keys.get(`${related} ${row[field] as string}`);
          }
          if (Object.keys(changes).length === 0) continue;
          const path = `/items/${collection}`;
          const key = String(keys.get(keyOf(collection, row)));
          await must(second, 'PATCH', template.singletons.has(collection) ? path : `${path}/${key}`, changes);
        }
      }
    });

    it('and its flows do for the tenant what they did for the project', async () => {
      // New products get variants by a flow that changes them before they are saved.
      const made = template.flows.some(({ trigger }) => trigger === 'event') ? 'product_variants' : null;
      if (made) {
        const known = new Set([...keys.values()].map(String));
        const variants = (await rowsOf(second, made)).filter(({ id }) => !known.has(String(id)));
        expect(variants.length).toBeGreaterThan(0);
        await must(
          second,
          'DELETE',
          `/items/${made}`,
          variants.map(({ id }) => id),
        );
      }

      // Somebody starts another one by hand, at a row.
      const manual = template.flows.find(({ name: title }) => title === 'New Activity');
      if (manual) {
        const path = `/flows/trigger/${String(manual['id'])}`;
        const start = (account: Account, deal: unknown): Promise<Answer> => {
          const activity = { name: 'By hand', activity_type: 'call', start_date: '2030-01-01T12:00:00Z' };
          return account.send('POST', path, { collection: 'deals', keys: [deal], ...activity });
        };
        const byHand = (account: Account): Promise<Row[]> =>
          rowsOf(account, 'activities', 'filter[name][_eq]=By%20hand&fields=id,deal,tenant_id');

        const [deal] = await rowsOf(second, 'deals', 'limit=1');
        const [foreign] = await rowsOf(first, 'deals', 'limit=1');
        expect((await start(second, deal!['id'])).status).toBe(200);
        expect((await start(second, foreign!['id'])).status).toBe(403);
        const [activity, ...others] = await byHand(second);
        expect(activity).toMatchObject({ deal: deal!['id'], tenant_id: deal!['tenant_id'] });
        expect(others).toEqual([]);
        expect(await byHand(first)).toEqual([]);
        await must(second, 'DELETE', `/items/activities/${String(activity!['id'])}`);
      }
    });

    it('each has its own, down to what rows refer to', async () => {
      for (const [account, other] of [
        [first, second],
        [second, first],
      ] as const) {
        for (const collection of owned) {
          const foreign = (await rowsOf(other, collection)).map((row) => String(row[primaryKeyIn(collection)]));
          const own = await rowsOf(account, collection, 'limit=-1&fields=*.*.*');
          expect(own, collection).toHaveLength(template.content.get(collection)!.length);

          const text = JSON.stringify(own);
          for (const key of foreign) if (/^[0-9a-f-]{36}$/.test(key)) expect(text, collection).not.toContain(key);
        }
      }
    });

    it('and nobody meets a row of the other by its key', async () => {
      for (const collection of owned) {
        if (template.singletons.has(collection)) continue;
        const [row] = await rowsOf(first, collection, 'limit=1');
        const path = `/items/${collection}/${String(row?.[primaryKeyIn(collection)])}`;
        for (const method of ['GET', 'PATCH', 'DELETE']) {
          expect((await second.send(method, path, method === 'PATCH' ? {} : undefined)).status, path).toBe(403);
        }
      }
    });

    it('counts, and figures of the dashboards, are those of one', async () => {
      expect(await figuresFor(first)).toEqual(figures);
      for (const collection of owned) {
        const rows = template.content.get(collection)!.length;
        const [counted] = await rowsOf(second, collection, 'aggregate[count]=*');
        expect(Number(counted!['count']), collection).toBe(rows);
      }
    });
  });
});
