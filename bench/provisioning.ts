import { parseArgs } from 'node:util';
import { createDatabase, type Database } from '../scripts/hosts/databases.ts';
import { defaultSuperAdmin } from '../scripts/hosts/environment.ts';
import { startHost } from '../scripts/hosts/host.ts';
import { installHost } from '../scripts/hosts/install.ts';
import { startPostgres } from '../scripts/hosts/postgres.ts';
import { login, type Account } from '../tests/support/client.ts';
import { runSql } from '../tests/support/sql.ts';
import { must } from '../tests/support/world.ts';
import { COLLECTIONS, COLUMN, createCollections } from './support/content.ts';
import { tell } from './support/result.ts';
import { formatRatio, medianOf, ratioOf } from './support/statistics.ts';
import { createTenants } from './support/variants.ts';

// `npm run bench -- provisioning [--times 50] [--import 1000] [--tenants 10000] [--json FILE]`: creates tenants with an owner, on
// PostgreSQL, by one request to the bundle and, in turn, as the recipe of a role per tenant goes by Directus' own API, and with the
// bundle where there are many tenants; then many at once with the bundle. Tells the time of one, the ratios, and how many an import
// creates in a second, and how long one of them takes beside the recipe.

const { values } = parseArgs({
  options: {
    times: { type: 'string', default: '50' },
    import: { type: 'string', default: '1000' },
    tenants: { type: 'string', default: '10000' },
    json: { type: 'string' },
  },
});

const times = Number(values.times);
const imported = Number(values.import);
const tenants = Number(values.tenants);

const server = await startPostgres();
const install = await installHost('11');
const template = { install, superAdmin: defaultSuperAdmin };
const newDatabase = (): Promise<Database> => createDatabase('postgres', { server: server.url, template });
const databases = { recipe: await newDatabase(), bundle: await newDatabase(), many: await newDatabase() };
const hosts = {
  recipe: await startHost({ directus: '11', database: databases.recipe, bundle: false }),
  bundle: await startHost({ directus: '11', database: databases.bundle }),
  many: await startHost({ directus: '11', database: databases.many }),
};

/** A role with a policy of its own, and a user: three requests, of which the second has sixteen permissions. */
async function byRecipe(superAdmin: Account, number: number): Promise<void> {
  const { id: role } = await must<{ id: string }>(superAdmin, 'POST', '/roles', { name: `Tenant ${number}` });
  const rule = { [COLUMN]: { _eq: role } };

  await must(superAdmin, 'POST', '/policies', {
    name: `Tenant ${number}`,
    app_access: true,
    roles: { create: [{ role }], update: [], delete: [] },
    permissions: {
      create: [...COLLECTIONS, 'directus_files'].flatMap((collection) =>
        ['create', 'read', 'update', 'delete'].map((action) =>
          action === 'create'
            ? { collection, action, fields: ['*'], permissions: {}, presets: { [COLUMN]: role } }
            : { collection, action, fields: ['*'], permissions: rule },
        ),
      ),
      update: [],
      delete: [],
    },
  });

  await must(superAdmin, 'POST', '/users', { email: `owner@${number}.example.com`, role });
}

async function byBundle(superAdmin: Account, number: number): Promise<void> {
  await must(superAdmin, 'POST', '/tenancy/tenants', {
    name: `New ${number}`,
    owner: { email: `owner@${number}.example.com` },
  });
}

async function timeOf(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

try {
  const admins = {
    recipe: await login(hosts.recipe.url, hosts.recipe.superAdmin),
    bundle: await login(hosts.bundle.url, hosts.bundle.superAdmin),
    many: await login(hosts.many.url, hosts.many.superAdmin),
  };
  for (const admin of Object.values(admins)) await createCollections(admin);
  for (const collection of COLLECTIONS) {
    for (const admin of [admins.bundle, admins.many]) {
      await must(admin, 'PUT', `/tenancy/collections/${collection}`, { scope: 'tenant' });
    }
  }
  await createTenants(databases.many, tenants);
  await runSql(databases.many, 'ANALYZE');

  const WAYS = { recipe: byRecipe, bundle: byBundle, many: byBundle };
  const names = ['recipe', 'bundle', 'many'] as const;
  const taken: Record<(typeof names)[number], number[]> = { recipe: [], bundle: [], many: [] };

  for (let number = 0; number < times + 5; number += 1) {
    for (let turn = 0; turn < names.length; turn += 1) {
      const way = names[(turn + number) % names.length] ?? 'recipe';
      const milliseconds = await timeOf(() => WAYS[way](admins[way], number));
      // The first ones are those that a server has to warm up for.
      if (number >= 5) taken[way].push(milliseconds);
    }
  }

  const lines = Array.from({ length: imported }, (_, index) =>
    JSON.stringify({
      name: `Imported ${index}`,
      owner: { email: `owner@imported-${index}.example.com` },
    }),
  );

  const seconds =
    (await timeOf(async () => {
      const response = await fetch(`${hosts.bundle.url}/tenancy/tenants/import`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${admins.bundle.token}`, 'Content-Type': 'application/x-ndjson' },
        body: lines.join('\n'),
      });
      const answers = (await response.text()).trim().split('\n');
      const refused = answers.filter((line) => line.includes('"errors"'));
      if (!response.ok || refused.length > 0)
        throw new Error(`The import answered ${response.status}: ${refused[0] ?? answers[0]}`);
    })) / 1000;

  await tell(
    {
      text: `postgres, a tenant with its owner by one request: beside a role, a policy with sixteen permissions and a user by Directus' API, and where there are ${tenants} tenants already beside where there are few; ${times} of each in turn. Without passwords: to hash one takes longer than all the rest.`,
      head: [
        'one tenant',
        'beside a role per tenant',
        `where there are ${tenants}`,
        `import of ${imported}`,
        'one of them, beside a role per tenant',
      ],
      rows: [
        [
          `${medianOf(taken.bundle).toFixed(0)} ms`,
          formatRatio(ratioOf(taken.bundle, taken.recipe)),
          formatRatio(ratioOf(taken.many, taken.bundle)),
          `${(imported / seconds).toFixed(0)} in a second`,
          ((seconds * 1000) / imported / medianOf(taken.recipe)).toFixed(3),
        ],
      ],
    },
    values.json,
  );
} finally {
  for (const host of Object.values(hosts)) await host.stop();
  for (const database of Object.values(databases)) await database.drop();
  await server.stop();
}
