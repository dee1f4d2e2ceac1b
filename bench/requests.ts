import { parseArgs } from 'node:util';
import { startPostgres } from '../scripts/hosts/postgres.ts';
import { measureKinds } from './support/calls.ts';
import { resultOf, tell } from './support/result.ts';
import { databaseNamed, startVariant, VARIANTS, type Variant } from './support/variants.ts';

// `npm run bench -- requests [--database postgres] [--tenants 10] [--rows 1000] [--files 20] [--rounds 200] [--json FILE]`: what a
// member's requests cost with the bundle, with a rule by hand and with a role per tenant, beside Directus without any of it and with
// the rows of that tenant alone.

const { values } = parseArgs({
  options: {
    database: { type: 'string', default: 'postgres' },
    tenants: { type: 'string', default: '10' },
    rows: { type: 'string', default: '1000' },
    files: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '200' },
    json: { type: 'string' },
  },
});

const kind = databaseNamed(values.database);
const size = { tenants: Number(values.tenants), rows: Number(values.rows), files: Number(values.files), whale: 0 };
const server = kind === 'postgres' ? await startPostgres() : undefined;
const variants: Variant[] = [];

try {
  for (const name of VARIANTS) variants.push(await startVariant(name, kind, size, server?.url));
  const ratios = await measureKinds(variants, Number(values.rounds));

  await tell(
    resultOf(
      `${kind}, ${size.tenants} tenants with ${size.rows} tasks and ${size.files} files each, ${values.rounds} rounds.`,
      ratios,
    ),
    values.json,
  );
} finally {
  for (const variant of variants) await variant.remove();
  await server?.stop();
}
