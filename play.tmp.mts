import { startTestHost } from './tests/support/host.ts';
import { createWorld } from './tests/support/world.ts';
import { writeFileSync } from 'node:fs';
const host = await startTestHost({ directus: (process.env.PLAY ?? '11') as '11', database: 'sqlite', env: { LOG_LEVEL: 'warn', ...JSON.parse(process.env.PLAY_ENV ?? '{}') } });
const world = await createWorld(host);
writeFileSync('/tmp/play/world.json', JSON.stringify({ url: host.url, admin: world.superAdmin.token, south: world.south.owner.token, north: world.north.owner.token, world, db: host.database.connection }, null, 1));
console.log('ready', host.url);
process.on('SIGTERM', async () => { await host.stop(); await host.database.drop(); process.exit(0); });
setInterval(() => {}, 1000);
