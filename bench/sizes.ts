import { parseArgs } from 'node:util';
import { compare } from './support/compare.ts';
import { databaseNamed } from './support/variants.ts';

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

const few = { tenants: 10, rows: Number(values.rows), files: 20, whale: 0 };
const tenants = Number(values.tenants);
const whale = Number(values.whale);

await compare(
  [
    { name: 'bundle', label: '10 tenants', size: few },
    { name: 'bundle', label: `${tenants} tenants`, size: { ...few, tenants } },
    { name: 'bundle', label: `10 tenants beside one with ${whale} rows`, size: { ...few, whale } },
  ],
  {
    database: databaseNamed(values.database),
    rounds: Number(values.rounds),
    text: `tenants with ${few.rows} tasks and ${few.files} files each`,
    json: values.json,
  },
);
