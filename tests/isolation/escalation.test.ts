import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installHost } from '../../scripts/hosts/install.ts';
import { createWorld, type World } from '../support/world.ts';
import { attemptsOn, send } from '../support/escalation/attempts.ts';
import { createCast, ROLES, type Actor, type RoleName } from '../support/escalation/cast.ts';
import { differences, readRows } from '../support/escalation/database.ts';
import { BUNDLE_ROUTES, declaredRoutes, documentedRoutes, shapeOf, UNDOCUMENTED_ROUTES } from '../support/escalation/routes.ts';
import { createTargets, marksOf, type Targets } from '../support/escalation/targets.ts';
import { startTestHost, } from '../support/host.ts';

it('discover', async () => {
  const host = await startTestHost({ directus: '11', env: { TUS_ENABLED: 'true', METRICS_ENABLED: 'true', ACCESS_TOKEN_TTL: '2h' } });
  try {
  const world = await createWorld(host);
  const targets = await createTargets(host, world);
  const cast = await createCast(host, world);
  const south = await marksOf(host, world.south);
  const oas = await world.superAdmin.send<any>('GET', '/server/specs/oas');
  const documented = documentedRoutes(oas.data);
  const all = [...new Set([...documented, ...UNDOCUMENTED_ROUTES, ...BUNDLE_ROUTES])];
  const known = new Set(all.map(shapeOf));
  const out: string[] = [];
  for (const r of declaredRoutes(await installHost('11'))) if (!known.has(shapeOf(r))) out.push('UNKNOWN ' + r);
  let before = await readRows(host.database);
  for (const name of all) {
    const cells = await Promise.all(ROLES.map(async (role) => {
      const results: string[] = [];
      for (const attempt of attemptsOn(name, targets, cast[role])) {
        const reply = await send(host.url, attempt, cast[role].token);
        const sent = JSON.stringify(attempt);
        const leaks = south.filter((m) => reply.text.includes(m) && !(reply.status >= 400 && sent.includes(m)));
        results.push(reply.status + (leaks.length ? '!LEAK(' + leaks.join('|') + ')' : ''));
        if (process.env.SHOW && new RegExp(process.env.SHOW).test(name)) out.push(`    ${role} ${attempt.method} ${attempt.path} ${reply.status} ${reply.text.slice(-600)}`);
      }
      return `${role}=${results.join(',')}`;
    }));
    const after = await readRows(host.database);
    const diff = differences(before, after, { ids: [], sessions: Object.values(cast).flatMap(({ own }) => own) });
    before = after;
    out.push(`${name}\t${cells.join(' ')}`);
    for (const d of diff) out.push(`    DIFF ${d.slice(0, 400)}`);
  }
  writeFileSync('/tmp/c-discover.txt', out.join('\n'));
  } finally { await host.stop(); await host.database.drop(); }
}, 600000);
