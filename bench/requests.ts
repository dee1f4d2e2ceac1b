import { parseArgs } from 'node:util';
import { compare } from './support/compare.ts';
import { databaseNamed, VARIANTS } from './support/variants.ts';

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

const size = { tenants: Number(values.tenants), rows: Number(values.rows), files: Number(values.files), whale: 0 };

await compare(
  VARIANTS.map((name) => ({ name, size })),
  {
    database: databaseNamed(values.database),
    rounds: Number(values.rounds),
    text: `${size.tenants} tenants with ${size.rows} tasks and ${size.files} files each`,
    json: values.json,
  },
);
