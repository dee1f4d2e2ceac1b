import { counted } from './doctor/report.ts';
import { columnsAsText } from './table-text.ts';
import type { CollectionScope } from './types.ts';

/** The collections of a project as a table for a terminal, with what is wrong below each. */
export function collectionsAsText(collections: readonly CollectionScope[]): string {
  const [header = '', ...lines] = columnsAsText(
    ['collection', 'scope', 'owned', 'unowned'],
    collections.map(({ collection, scope, rows: { owned, unowned } }) => [
      collection,
      scope ?? 'undecided',
      String(owned),
      String(unowned),
    ]),
    2,
  );

  return [
    header,
    ...collections.flatMap(({ findings }, row) => [lines[row] ?? '', ...findings.map((finding) => `  ! ${finding}`)]),
  ].join('\n');
}

/** What a decision about a collection came to, or would come to. */
export function outcomeAsText(
  { collection, scope, rows, adopted, findings }: CollectionScope & { adopted: number },
  isDryRun: boolean,
): string {
  const given = counted(adopted, 'row');
  const state = `${counted(rows.owned, 'row')} with a tenant, ${rows.unowned} without`;

  if (isDryRun)
    return `Nothing was changed. "${collection}" would be "${scope}": ${given} would get a tenant; ${state}.`;

  return [
    `"${collection}" is "${scope}": ${given} got a tenant; ${state}.`,
    ...findings.map((finding) => `  ! ${finding}`),
    'A Directus that is running without Redis learns of it when its cache is cleared (POST /utils/cache/clear?system) or when ' +
      'it is started again; until then members are kept out of the collection.',
  ].join('\n');
}

/** How far work on a number of rows is, in one line. */
export function progressBar(rows: number, total: number): string {
  const width = 30;
  const share = total === 0 ? 1 : Math.min(rows / total, 1);
  const filled = Math.round(share * width);
  return `[${'#'.repeat(filled)}${'.'.repeat(width - filled)}] ${Math.floor(share * 100)} %, ${rows} of ${total} rows`;
}
