import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../../scripts/hosts/host.ts';
import { hasDatabase } from '../support/cells.ts';
import { login, type Account } from '../support/client.ts';
import { serial } from '../support/collections.ts';
import { addExtension } from '../support/extensions.ts';
import { startTestHost } from '../support/host.ts';
import { runSql } from '../support/sql.ts';
import { createTenant, must } from '../support/world.ts';

type Tenant = Awaited<ReturnType<typeof createTenant>>;

/** Somebody else's extension, which makes collections with full rights whenever it is asked to. */
const MAKER = `export default {
  id: 'maker',
  handler: (router, { services, getSchema }) => {
    router.post('/', async (request, response) => {
      const collections = new services.CollectionsService({ schema: await getSchema(), accountability: null });
      await collections[request.body.method](request.body.payload);
      response.json({ data: null });
    });
  },
};
`;

for (const kind of ['sqlite', 'postgres', 'mariadb'] as const) {
  describe.skipIf(!hasDatabase(kind))(`A new collection (Directus 11, ${kind})`, () => {
    let directory: string;
    let host: Host;
    let superAdmin: Account;
    let north: Tenant;
    let south: Tenant;

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'tenancy-new-collections-'));
      await addExtension(directory, { name: 'maker', type: 'endpoint', code: MAKER });
      host = await startTestHost({ directus: '11', database: kind, directory });
      superAdmin = await login(host.url, host.superAdmin);
      north = await createTenant(host.url, superAdmin, 'North');
      south = await createTenant(host.url, superAdmin, 'South');
    });

    afterAll(async () => {
      await host?.stop();
      await host?.database.drop();
      await rm(directory, { recursive: true, force: true });
    });

    const indexes = async (table: string): Promise<string[]> => {
      const statement = {
        sqlite: `SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ?`,
        postgres: 'SELECT indexname AS name FROM pg_indexes WHERE tablename = ?',
        mariadb: `SELECT DISTINCT index_name AS name FROM information_schema.statistics
          WHERE table_schema = DATABASE() AND table_name = ?`,
      }[kind];
      return (await runSql(host.database, statement, [table])).map(({ name }) => String(name));
    };

    const make = (method: string, payload: unknown): Promise<unknown> =>
      must(superAdmin, 'POST', '/maker', { method, payload });

    /** The very next request of a member finds all that a tenants' collection needs. */
    const isTheTenants = async (collection: string): Promise<void> => {
      const { id, tenant_id: owner } = await must<{ id: number; tenant_id: string }>(
        north.editor,
        'POST',
        `/items/${collection}`,
        {},
      );
      expect(owner).toBe(north.id);
      expect((await south.editor.send('GET', `/items/${collection}/${id}`)).status).toBe(403);
      expect((await north.viewer.send('PATCH', `/items/${collection}/${id}`, {})).status).toBe(403);
      expect(await indexes(collection)).toContain(`tenancy_${collection}_tenant_id_id_index`);
      expect(await must(superAdmin, 'GET', '/tenancy/collections')).toEqual(
        expect.arrayContaining([expect.objectContaining({ collection, scope: 'tenant', findings: [] })]),
      );
    };

    it('of the Data Studio is the tenants’ at once', async () => {
      await must(superAdmin, 'POST', '/collections', {
        collection: 'from_studio',
        fields: [
          {
            field: 'id',
            type: 'integer',
            meta: { hidden: true, interface: 'input', readonly: true },
            schema: { is_primary_key: true, has_auto_increment: true },
          },
          { field: 'user_created', type: 'uuid', meta: { special: ['user-created'], hidden: true }, schema: {} },
        ],
        schema: {},
        meta: { singleton: false },
      });
      await isTheTenants('from_studio');
    });

    it.each<[string, string, unknown]>([
      ['alone', 'createOne', { collection: 'made_alone', meta: {}, schema: {}, fields: [serial] }],
      ['with others', 'createMany', [{ collection: 'made_together', meta: {}, schema: {}, fields: [serial] }]],
    ])('of another extension is the tenants’ at once, made %s', async (_how, method, payload) => {
      await make(method, payload);
      await isTheTenants(method === 'createOne' ? 'made_alone' : 'made_together');
    });

    it('that Directus keeps no settings of is closed until it does', async () => {
      await make('createOne', { collection: 'bare', schema: {}, fields: [serial] });
      expect((await north.owner.send('GET', '/items/bare')).status).toBe(403);

      await must(superAdmin, 'PATCH', '/collections/bare', { meta: { note: 'Now it does' } });
      await isTheTenants('bare');
    });

    it('that is a folder in the Data Studio is none, and in nobody’s way', async () => {
      await must(superAdmin, 'POST', '/collections', { collection: 'folder', meta: {}, schema: null });
      const listed = await must<{ collection: string }[]>(superAdmin, 'GET', '/tenancy/collections');
      expect(listed.map(({ collection }) => collection)).not.toContain('folder');
    });
  });
}
