import { extname } from 'node:path';
import type { Readable } from 'node:stream';
import type { AbstractService, Item } from '@directus/types';
import type { Knex } from 'knex';
import type { ClonedCollection } from '../../tenancy/cloning.ts';
import { ConflictError } from '../../tenancy/errors.ts';
import { say } from '../../tenancy/sentences.ts';
import { fullAccessWith, type FullAccess, type ServiceContext } from '../directus.ts';
import { batches } from '../database.ts';
import type { BookedFile } from './book.ts';
import { exactly } from './columns.ts';
import type { CopiedKeys } from './keys.ts';

/** What the SDK's types leave out of Directus' service of files. */
type StoringService = AbstractService & {
  uploadOne(stream: Readable, file: Item, key: undefined, options: { emitEvents: false }): Promise<unknown>;
};

/** Columns of files without which Directus' service makes no row, and the default of its type. */
const NEEDED = ['storage', 'filename_download', 'type'];
const UNKNOWN_TYPE = 'application/octet-stream';

/**
 * What has to be known of each stored file to make a copy of it, and to remove that again. Columns of the project's own that
 * cannot be empty have the values of the template's file, until the row of the copy gets its own.
 */
export async function storedFilesIn(
  database: Knex,
  { collection, primary, columns }: ClonedCollection,
  keys: CopiedKeys,
): Promise<Map<string, BookedFile>> {
  const needed = columns
    .filter(({ field, overview }) => NEEDED.includes(field) || (!overview.nullable && overview.defaultValue === null))
    .map(({ overview }) => overview);

  const stored = new Map<string, BookedFile>();

  for (const batch of batches(keys.sourcesIn(collection))) {
    const rows: Item[] = await database(collection)
      .select(primary, 'filename_disk', ...exactly(database, needed))
      .whereIn(primary, batch);

    for (const { [primary]: source, filename_disk: name, ...row } of rows) {
      if (typeof name !== 'string' || name === '') continue;
      const id = String(keys.copyOf(collection, source));
      stored.set(String(source), {
        ...row,
        id,
        type: (row['type'] as string | null) ?? UNKNOWN_TYPE,
        storage: String(row['storage']),
        filename_disk: `${id}${extname(name)}`,
      });
    }
  }

  return stored;
}

/**
 * Copies what is stored of a file, through Directus' own services: from one place of the storage to another, whatever it is.
 * What was derived from it is not copied; Directus derives it again.
 *
 * @throws ConflictError when it cannot be read
 */
export async function copyStored(
  context: ServiceContext,
  { schema, knex }: FullAccess,
  source: string,
  file: BookedFile,
): Promise<void> {
  const assets = new context.services.AssetsService({ schema, knex, accountability: null });

  const stream = await assets.getAsset(source).then(
    (asset) => asset.stream,
    (error: unknown) => {
      context.logger.warn(error);
      throw new ConflictError({
        reason: say(
          'What is stored of the file {file} of the template cannot be read. Upload it again, or delete the file, ' +
            'then try again. Nothing was changed.',
          { file: source },
        ),
      });
    },
  );

  const files = fullAccessWith(context, schema, knex).files() as unknown as StoringService;
  await files.uploadOne(stream, { ...file }, undefined, { emitEvents: false });
}
