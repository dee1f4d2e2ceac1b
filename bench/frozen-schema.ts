import { parseArgs } from 'node:util';
import { compare } from './support/compare.ts';

// `npm run bench -- frozen-schema [--rounds 200] [--json FILE]`: what a member's requests cost on PostgreSQL where Directus hands out the one
// schema that it keeps (`CACHE_SCHEMA_FREEZE_ENABLED`), without the bundle and with it, beside Directus as it is by default.

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '200' }, json: { type: 'string' } } });

const settings = { CACHE_SCHEMA_FREEZE_ENABLED: 'true' };
const size = { tenants: 10, rows: 1000, files: 20, whale: 0 };

await compare(
  [
    { name: 'plain', size },
    { name: 'bundle', size },
    { name: 'plain', label: 'plain, with the setting', size, settings },
    { name: 'bundle', label: 'bundle, with the setting', size, settings },
  ],
  {
    database: 'postgres',
    rounds: Number(values.rounds),
    text: `${size.tenants} tenants with ${size.rows} tasks and ${size.files} files each`,
    json: values.json,
  },
);
