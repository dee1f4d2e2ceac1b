import { createProbes, removeProbes, type Probe } from './probes.ts';
import { ApiClient } from './api.ts';
import { readSchema, type TestedCollection, type TestedSchema } from './schema.ts';
import { createRows, type RowMaker } from './rows.ts';
import { tryLaw } from './law.ts';

export type { RowMaker } from './rows.ts';

export interface IsolationOptions {
  /** A token of a super-admin of the project, such as a static one. */
  token: string;
  /** The collections to try. Default: every one whose rows belong to tenants. */
  collections?: readonly string[];
  /** Makes the row of a collection whose rules no generated row keeps. It gets what would have been sent. */
  rows?: Readonly<Record<string, RowMaker>>;
}

/** What was found of one collection. */
export interface CollectionReport {
  collection: string;
  /** Rows that the other tenant had while it was tried. */
  rows: number;
  /** Questions that were asked. */
  tried: number;
  /** What went wrong, in words; empty when the collection holds. */
  leaks: string[];
}

export interface IsolationReport {
  collections: CollectionReport[];
}

/** Thrown when tenants are not kept apart, or when that could not be tried. */
export class TenantIsolationError extends Error {
  readonly report: IsolationReport;

  constructor(report: IsolationReport) {
    const lines = report.collections.flatMap(({ collection, leaks }) =>
      leaks.map((leak) => `- ${collection}: ${leak}`),
    );
    super(`Tenants are not kept apart:\n${lines.join('\n')}`);
    this.name = 'TenantIsolationError';
    this.report = report;
  }
}

/**
 * Tries, in a running project with its own schema, whether one tenant reaches what belongs to another: provisions two tenants,
 * creates rows of both in every collection of tenants, asks for the rows of one as the other in the ways there are, and erases
 * both tenants. For a project's own tests: it writes to the project, so it is not for one in production.
 *
 * @param url of the Directus, such as `http://localhost:8055`
 * @returns what was tried, by collection
 * @throws TenantIsolationError when anything got through, and also when a collection stayed empty, since nothing was tried then
 * @throws Error when the project does not answer, or the token is no super-admin's
 * @example
 * await assertTenantIsolation('http://localhost:8055', { token: process.env.ADMIN_TOKEN });
 */
export async function assertTenantIsolation(url: string, options: IsolationOptions): Promise<IsolationReport> {
  const superAdmin = new ApiClient(url, options.token);
  const schema = await readSchema(superAdmin, options.collections);
  const probes = await createProbes(superAdmin);

  try {
    const report = await tryCollections(superAdmin, schema, probes, options.rows ?? {});
    if (report.collections.some(({ leaks }) => leaks.length > 0)) throw new TenantIsolationError(report);
    return report;
  } finally {
    await removeProbes(superAdmin, probes);
  }
}

async function tryCollections(
  superAdmin: ApiClient,
  schema: TestedSchema,
  [mine, others]: readonly [Probe, Probe],
  makers: Readonly<Record<string, RowMaker>>,
): Promise<IsolationReport> {
  const failures = new Map<string, string>();
  for (const probe of [mine, others]) await createRows(superAdmin, schema, probe, makers, failures);

  const collections: CollectionReport[] = [];

  for (const collection of schema.tested) {
    collections.push(await reportOn(collection, superAdmin, schema, mine, others, failures.get(collection.name)));
  }

  return { collections };
}

async function reportOn(
  collection: TestedCollection,
  superAdmin: ApiClient,
  schema: TestedSchema,
  mine: Probe,
  others: Probe,
  failure: string | undefined,
): Promise<CollectionReport> {
  const { name } = collection;

  if (failure !== undefined || !mine.rows.has(name) || !others.rows.has(name)) {
    const reason = failure ?? 'no row could be created';
    const leak = `nothing was tried: ${reason}. Give a row in "rows.${name}".`;
    return { collection: name, rows: 0, tried: 0, leaks: [leak] };
  }

  const { tried, leaks } = await tryLaw(collection, { superAdmin, schema, mine, others });
  return { collection: name, rows: 1, tried, leaks };
}
