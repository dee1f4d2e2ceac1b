import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../../scripts/hosts/host.ts';
import { installHost } from '../../scripts/hosts/install.ts';
import { attemptsOn, refuses, sendAttempt, wordsOf, type Attempt, type Reply } from '../support/escalation/attempts.ts';
import { createCast, ROLES, type Actor, type RoleName } from '../support/escalation/cast.ts';
import { differences, readRows, type Rows } from '../support/escalation/database.ts';
import {
  BUNDLE_FILES,
  BUNDLE_ROUTES,
  OWN_TABLE_ROUTES,
  declaredRoutes,
  documentedRoutes,
  shapeOf,
  UNDOCUMENTED_ROUTES,
  type RouteName,
} from '../support/escalation/routes.ts';
import { createTargets, marksOf, type Targets } from '../support/escalation/targets.ts';
import { VERDICTS, verdictOf, type Verdict } from '../support/escalation/verdicts.ts';
import { runSql } from '../support/sql.ts';
import { must, type World } from '../support/world.ts';
import { startWorld } from '../support/worlds.ts';

/** Whoever tries a route on what is another tenant's, or the project's, gets what is decided, and nothing else happens. */
describe('Every role on every route', () => {
  let host: Host;
  let world: World;
  let targets: Targets;
  let cast: Record<RoleName, Actor>;
  let marks: Record<'north' | 'south', string[]>;
  let routes: RouteName[];
  let rows: Rows;
  let cells = 0;

  beforeAll(async () => {
    ({ host, world } = await startWorld({
      directus: '11',
      env: {
        ACCESS_TOKEN_TTL: '2h',
        // Files are imported from Directus itself.
        IMPORT_IP_DENY_LIST: '169.254.169.254',
        METRICS_ENABLED: 'true',
        RATE_LIMITER_REGISTRATION_ENABLED: 'false',
        TUS_ENABLED: 'true',
      },
    }));
    targets = await createTargets(host, world);
    cast = await createCast(host, world);
    marks = { north: await marksOf(host, world.north), south: await marksOf(host, world.south) };

    const document = await must<{ paths: Record<string, object> }>(world.superAdmin, 'GET', '/server/specs/oas');
    routes = [
      ...new Set([
        ...documentedRoutes(document),
        ...UNDOCUMENTED_ROUTES,
        ...BUNDLE_ROUTES,
        ...BUNDLE_FILES,
        ...OWN_TABLE_ROUTES,
      ]),
    ];
    rows = await readRows(host.database);
  });

  afterAll(async () => {
    process.stdout.write(
      `Escalation: ${Object.keys(VERDICTS).length} routes × ${ROLES.length} roles, ${cells} cells.\n`,
    );
    await host?.stop();
    await host?.database.drop();
  });

  it('is decided for every route, and for no other', () => {
    const undecided = routes.filter((name) => !(name in VERDICTS));
    expect(undecided, 'decide in tests/support/escalation/verdicts.ts what everybody may do').toEqual([]);
    expect(Object.keys(VERDICTS).filter((name) => !routes.includes(name))).toEqual([]);
  });

  it('misses no route that Directus declares', async () => {
    const known = new Set(routes.map(shapeOf));
    const declared = declaredRoutes(await installHost('11'));
    expect(declared.length).toBeGreaterThan(200);

    const unknown = declared.filter((name) => {
      const shape = shapeOf(name);
      return !known.has(shape) && !known.has(shape.replace('/items/{}', '/items/projects'));
    });
    expect(unknown, 'name them in tests/support/escalation/routes.ts').toEqual([]);
  });

  it('aims at what is there', async () => {
    for (const [root, key] of Object.entries(targets.keys)) {
      // The bundle's own tables are no collections; Directus reads collections and relations otherwise.
      if (root.startsWith('items/tenancy_')) continue;
      const answer = await world.superAdmin.send('GET', `/${root}/${key}`);
      expect(answer.status, root).toBe(200);
      if (root !== 'relations') expect(JSON.stringify(answer.data), root).toContain(String(key));
    }
    expect((await world.superAdmin.send('GET', `/assets/${targets.file}`)).data).toBe('south-content');
  });

  /** What is wrong with a reply, in words. */
  const complaints = (verdict: Verdict, actor: Actor, attempt: Attempt, reply: Reply): string[] => {
    const isAnswered = reply.status < 400 && !refuses(reply);
    const isAsDecided = { denied: refuses(reply), fails: reply.status === 500 }[verdict as string] ?? isAnswered;
    const found = isAsDecided ? [] : [`is answered ${reply.status}, not ${verdict}`];

    const foreign = [...marks.south, ...(actor.isMember && verdict !== 'public' ? [] : marks.north)];
    const words = verdict === 'denied' || verdict === 'public' ? wordsOf(attempt) : '';
    const leaks = foreign.filter((mark) => reply.text.includes(mark) && !words.includes(mark));
    return [...found, ...leaks.map((mark) => `is told ${mark}`)].map(
      (complaint) => `${actor.role} ${complaint}: ${attempt.method} ${attempt.path}\n${reply.text.slice(-500)}`,
    );
  };

  /** Directus tells a user what an export has come to. */
  const notifications = async (user: string): Promise<number> => {
    const statement = 'SELECT COUNT(*) AS count FROM directus_notifications WHERE recipient = ?';
    return Number((await runSql(host.database, statement, [user]))[0]!['count']);
  };

  it.each(Object.keys(VERDICTS))('%s', async (name) => {
    const judged = await Promise.all(
      ROLES.map(async (role) => {
        const actor = cast[role];
        const verdict = verdictOf(name, role);
        const found: string[] = [];

        for (const attempt of attemptsOn(name, targets, actor)) {
          const before = attempt.settles && actor.user ? await notifications(actor.user) : 0;
          const reply = await sendAttempt(host.url, attempt, actor.token);
          found.push(...complaints(verdict, actor, attempt, reply));

          const { user } = actor;
          if (attempt.settles && user && verdict === 'changes') {
            await expect.poll(() => notifications(user), { timeout: 20_000 }).toBeGreaterThan(before);
          }
        }

        cells += 1;
        return found;
      }),
    );

    const after = await readRows(host.database);
    const changing = ROLES.filter((role) => verdictOf(name, role) === 'changes').flatMap((role) => cast[role].own);
    const sessions = Object.values(cast).flatMap(({ own }) => own);
    const changes = differences(rows, after, { ids: changing, sessions });
    rows = after;

    expect([...judged.flat(), ...changes]).toEqual([]);
  });

  it('leaves the stored content of the other tenant as it was', async () => {
    expect((await world.south.owner.send('GET', `/assets/${targets.file}`)).data).toBe('south-content');
  });
});
