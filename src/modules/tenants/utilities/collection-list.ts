import type { CollectionScope, Scope } from '../../../client/index.ts';
import { SCOPES } from '../../../tenancy/types.ts';
import { OWNED_SYSTEM_COLLECTIONS } from '../../../tenancy/managed.ts';

/** What a collection is to people; files and folders are Directus' own and stay what they are. */
export type ScopeName = Scope | 'undecided';

export const SCOPE_NAMES: readonly ScopeName[] = [...SCOPES, 'undecided'];

/** What a list of collections is limited to. */
export type CollectionFilter = ScopeName | 'findings';

export const COLLECTION_FILTERS: readonly CollectionFilter[] = [...SCOPE_NAMES, 'findings'];

export type ListedCollection = CollectionScope & { name: string; icon: string };

export function scopeNameOf({ scope }: Pick<CollectionScope, 'scope'>): ScopeName {
  return scope ?? 'undecided';
}

/** Whether rows without tenant are the project's and hidden from members, whatever anybody decides. */
export function isProjects(collection: string): boolean {
  return (OWNED_SYSTEM_COLLECTIONS as readonly string[]).includes(collection);
}

/** The key of the text that explains what the scope of a collection means. */
export function explanationOf(collection: string, scope: ScopeName): `${ScopeName | 'project'}_text` {
  return isProjects(collection) ? 'project_text' : `${scope}_text`;
}

/** The collections that fit a search and a filter, by name. */
export function listedCollections(
  collections: readonly ListedCollection[],
  { search, filter }: { search: string | null; filter: CollectionFilter | null },
): ListedCollection[] {
  const wanted = search?.toLowerCase() ?? '';

  return collections
    .filter(({ name, collection }) => `${name}\n${collection}`.toLowerCase().includes(wanted))
    .filter((each) => {
      if (filter === null) return true;
      return filter === 'findings' ? each.findings.length > 0 : scopeNameOf(each) === filter;
    })
    .sort((a, b) => a.name.localeCompare(b.name));
}
