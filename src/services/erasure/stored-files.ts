import { parse } from 'node:path';
import type { Knex } from 'knex';
import { counted, EXAMPLES, listed } from '../../tenancy/doctor/report.ts';
import { TENANT_FIELD } from '../../tenancy/managed.ts';
import { say } from '../../tenancy/sentences.ts';

interface StoredFile {
  id: string;
  storage: string;
  filename_disk: string;
}

/** Rows that are read at once. */
const ROWS_PER_PAGE = 10_000;

/**
 * What stands in the way of deleting the stored files of a tenant: Directus deletes every stored file whose name begins as that
 * of the row does, without its ending, in upper or lower case, and looks for it in the root of the storage.
 *
 * @returns one sentence for each kind
 */
export async function findMixedUpFiles(database: Knex, tenant: string): Promise<string[]> {
  const beginnings = new Map<string, Set<string>>();
  const lengths = new Set<number>();
  const elsewhere: string[] = [];

  for await (const { id, storage, filename_disk: name } of pages(database, (query) =>
    query.where(TENANT_FIELD, tenant),
  )) {
    const beginning = parse(name).name.toLowerCase();
    if (/[/\\]/.test(name) || beginning === '') elsewhere.push(id);

    const known = beginnings.get(storage) ?? new Set();
    beginnings.set(storage, known.add(beginning));
    lengths.add(beginning.length);
  }

  const others: string[] = [];

  if (beginnings.size > 0) {
    for await (const { id, storage, filename_disk: name } of pages(database, (query) =>
      query.where((either) => either.whereNull(TENANT_FIELD).orWhereNot(TENANT_FIELD, tenant)),
    )) {
      const known = beginnings.get(storage);
      const isMixedUp = [...lengths].some((length) => known?.has(name.slice(0, length).toLowerCase()));
      if (isMixedUp) others.push(id);
    }
  }

  return [
    ...complaint(elsewhere, (files) =>
      say('What is stored of {files} of the tenant lies in a folder, where Directus would leave it.', { files }),
    ),
    ...complaint(others, (files) =>
      say(
        'What is stored of {files} that is not the tenant’s would go too: the name begins as that of a file of the ' +
          'tenant.',
        { files },
      ),
    ),
  ];
}

function complaint(files: readonly string[], sentence: (files: string) => string): string[] {
  if (files.length === 0) return [];
  const named = `${counted(files.length, 'file')} (${listed(files.slice(0, EXAMPLES), files.length)})`;
  return [`${sentence(named)} ${say('Rename what is stored, and "filename_disk" with it.')}`];
}

async function* pages(
  database: Knex,
  limitTo: (query: Knex.QueryBuilder) => Knex.QueryBuilder,
): AsyncGenerator<StoredFile> {
  let last: string | undefined;

  for (;;) {
    const query = limitTo(database('directus_files'))
      .whereNotNull('filename_disk')
      .whereNot('filename_disk', '')
      .orderBy('id')
      .limit(ROWS_PER_PAGE);

    if (last !== undefined) query.where('id', '>', last);

    const rows: StoredFile[] = await query.select('id', 'storage', 'filename_disk');
    yield* rows;
    last = rows.at(-1)?.id;
    if (rows.length < ROWS_PER_PAGE) return;
  }
}
