import { parseArgs } from 'node:util';
import { startPostgres } from '../scripts/hosts/postgres.ts';
import { measureKinds } from './support/calls.ts';
import { resultOf, tell } from './support/result.ts';
import { databaseNamed, startVariant, type Variant } from './support/variants.ts';

// `npm run bench -- sizes [--database postgres] [--tenants 10000] [--rows 100] [--whale 500000] [--rounds 200] [--json FILE]`: what a
// member's requests cost with the bundle where there are many tenants, and where another tenant has very many rows, beside ten
// tenants of the same size.

const { values } = parseArgs({
  options: {
    database: { type: 'string', default: 'postgres' },
    tenants: { type: 'string', default: '10000' },
    rows: { type: 'string', default: '100' },
    whale: { type: 'string', default: '500000' },
    rounds: { type: 'string', default: '200' },
    json: { type: 'string' },
  },
});

const kind = databaseNamed(values.database);
const few = { tenants: 10, rows: Number(values.rows), files: 20, whale: 0 };
const many = Number(values.tenants);
const whale = Number(values.whale);
const server = kind === 'postgres' ? await startPostgres() : undefined;
const variants: Variant[] = [];

try {
  for (const [label, size] of [
    ['10 tenants', few],
    [`${many} tenants`, { ...few, tenants: many }],
    [`10 tenants beside one with ${whale} rows`, { ...few, whale }],
  ] as const) {
    variants.push({ ...(await startVariant('bundle', kind, size, server?.url)), label });
  }

  const ratios = await measureKinds(variants, Number(values.rounds));
  await tell(
    resultOf(`${kind}, tenants with ${few.rows} tasks and ${few.files} files each, ${values.rounds} rounds.`, ratios),
    values.json,
  );
} finally {
  for (const variant of variants) await variant.remove();
  await server?.stop();
}
