import { parseArgs } from 'node:util';
import { startPostgres } from '../scripts/hosts/postgres.ts';
import { measureKinds } from './support/calls.ts';
import { resultOf, tell } from './support/result.ts';
import { startVariant, type Variant } from './support/variants.ts';

// `npm run bench -- frozen-schema [--rounds 200] [--json FILE]`: what a member's requests cost on PostgreSQL where Directus hands out the one
// schema that it keeps (`CACHE_SCHEMA_FREEZE_ENABLED`), without the bundle and with it, beside Directus as it is by default.

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '200' }, json: { type: 'string' } } });

const FROZEN = { CACHE_SCHEMA_FREEZE_ENABLED: 'true' };
const size = { tenants: 10, rows: 1000, files: 20, whale: 0 };
const server = await startPostgres();
const variants: Variant[] = [];

try {
  for (const [label, name, settings] of [
    ['plain', 'plain', {}],
    ['bundle', 'bundle', {}],
    ['plain, with the setting', 'plain', FROZEN],
    ['bundle, with the setting', 'bundle', FROZEN],
  ] as const) {
    variants.push({ ...(await startVariant(name, 'postgres', size, server.url, settings)), label });
  }

  const ratios = await measureKinds(variants, Number(values.rounds));
  await tell(
    resultOf(
      `postgres, ${size.tenants} tenants with ${size.rows} tasks and ${size.files} files each, ${values.rounds} rounds.`,
      ratios,
    ),
    values.json,
  );
} finally {
  for (const variant of variants) await variant.remove();
  await server.stop();
}
