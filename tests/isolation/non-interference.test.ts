import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../../scripts/hosts/host.ts';
import { startTestHost } from '../support/host.ts';
import { requests, type HuntRequest } from '../support/hunt/requests.ts';
import { schemas } from '../support/hunt/schema.ts';
import { HuntWorld } from '../support/hunt/world.ts';

/** Requests per schema. Three schemas make more than two thousand. */
const REQUESTS = 700;
const SCHEMAS = 3;

/** `npm run test:hunt` goes on for so many minutes, each time with other seeds. */
const MINUTES = Number(process.env['HUNT_MINUTES'] ?? 0);

/** The seed of the first schema and its requests: a failure prints the one to give here. */
const SEED = Number(process.env['HUNT_SEED'] ?? 20261124);

const started = Date.now();

/** What the requests of a hunt came to, to be sure that it asks what can be answered. */
interface Tally {
  requests: number;
  answered: number;
  statuses: Record<string, number>;
}

const tally: Tally = { requests: 0, answered: 0, statuses: {} };

/**
 * Whatever a member asks for or does, the answer is the same whether the rows of another tenant are there, are gone, are
 * others or are more: status, body, counts and order.
 */
describe.each(Array.from({ length: SCHEMAS }, (_, index) => SEED + index))(
  'Another tenant changes nothing (seed %i)',
  (first) => {
    it('for whatever a member requests', { timeout: (MINUTES + 10) * 60_000 }, async () => {
      let seed = first;

      do {
        await hunt(seed);
        seed += SCHEMAS;
      } while (Date.now() - started < MINUTES * 60_000);
    });
  },
);

async function hunt(seed: number): Promise<void> {
  const [schema] = fc.sample(schemas, { seed, numRuns: 1 });
  const host: Host = await startTestHost({ directus: '11' });

  try {
    const world = await HuntWorld.create(host, schema!);

    let last: HuntRequest | undefined;
    void host.exited.then(() => {
      if (last) process.stderr.write(`Directus ended after ${JSON.stringify(last)}:\n${host.logs().slice(-2000)}\n`);
    });

    const ask = async (request: HuntRequest): Promise<string> => {
      const { method, path, body } = (last = request);
      const { status, data, meta, errors } = await world.member.send(method, path, body);
      tally.statuses[status] = (tally.statuses[status] ?? 0) + 1;
      // New rows come back in the order of their keys, which are random for uuids.
      const rows = method === 'GET' || method === 'SEARCH' || path === '/graphql' ? data : inAnyOrder(data, world);
      return world.normalized({ status, data: rows, meta, errors });
    };

    const property = fc.asyncProperty(
      requests(schema!, world.values),
      fc.constantFrom('delete' as const, 'delete' as const, 'change' as const, 'add' as const),
      async (request, change) => {
        const before = await ask(request);
        world.restore();
        world.changeOther(change);
        const after = await ask(request);
        world.restore();

        tally.requests += 1;
        if (before.startsWith('{"status":2')) tally.answered += 1;
        expect(after).toBe(before);
      },
    );

    await fc.assert(property, { seed, numRuns: REQUESTS });
    last = undefined;
    world.close();
  } catch (error) {
    throw new Error(
      `To see it again: HUNT_SEED=${seed} npm test -- non-interference\nSchema: ${JSON.stringify(schema)}`,
      {
        cause: error,
      },
    );
  } finally {
    await host.stop();
    await host.database.drop();
  }
}

/** The value with all lists in one order. */
function inAnyOrder(value: unknown, world: HuntWorld): unknown {
  if (Array.isArray(value)) {
    return value
      .map((item) => inAnyOrder(item, world))
      .sort((a, b) => (world.normalized(a) < world.normalized(b) ? -1 : 1));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, inAnyOrder(inner, world)]));
}

afterAll(() => {
  process.stdout.write(`Non-interference: ${JSON.stringify(tally)}\n`);
});

describe('The hunt', () => {
  beforeAll(() => {
    expect(tally.requests).toBeGreaterThanOrEqual(SCHEMAS * REQUESTS);
  });

  it('asks for what can be answered', () => {
    expect(tally.answered / tally.requests).toBeGreaterThan(0.4);
  });
});
