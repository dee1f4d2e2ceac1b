import { InvalidQueryError } from '@directus/errors';
import type { Filter, Query } from '@directus/types';
import type { Boundary, BoundaryContext } from './boundaries.ts';
import { RefusedError } from './errors.ts';
import { TENANT_FIELD, TENANTS } from './managed.ts';
import { stepOver, type RelationType, type Step } from './relations.ts';
import { hasTenantField } from './scopes.ts';
import { say } from './sentences.ts';

/**
 * A hop is a step of a query over a relation: `filter[client][name]`, `sort=client.name`, `count(tasks)`. Directus joins the
 * related rows without asking whether the requester may read them, so the answer tells about them. Each hop is either
 * limited to the requester's rows, where that can be done exactly, or refused.
 */
export interface HopContext extends Pick<BoundaryContext, 'schema'> {
  /** What the requester may read of a collection, with the requester's ids in the place of dynamic variables. */
  readable(collection: string): Boundary;
  /** Whether the rows of a collection are partly nobody's, and those are read by all. */
  isMixed(collection: string): boolean;
}

interface Hop {
  /** The steps from the collection of the query to the joined rows. */
  path: string[];
  type: RelationType;
  /** The collection of the joined rows. */
  target: string;
  boundary: Extract<Boundary, { kind: 'rows' }>;
  /** Whether the write wall keeps both sides of the relation in one tenant. */
  bound: boolean;
}

/** Where in a request a hop stands, for the message that refuses it. */
type Parameter = 'filter' | 'sort' | 'groupBy' | 'aggregate';

interface Walk extends HopContext {
  /** Whether anything had to be limited. */
  limited: boolean;
}

/**
 * The to-many hops of one filter. Each joins related rows, so that a row stands in the result as often as it has such rows,
 * those of others included, which a count or a sum would tell.
 */
interface Joins {
  /** Whether the part of the filter that is looked at has to be true for every row of the result. */
  everywhere: boolean;
  joined: Map<string, string[]>;
  /** Joins of which only the requester's rows are left in the result. */
  own: Set<string>;
}

/** Functions that are the same however often a row stands in the result. */
const REPEATABLE_FUNCTIONS = new Set(['countDistinct', 'sumDistinct', 'avgDistinct', 'min', 'max']);

/**
 * The query with every hop limited to what the requester may read; the same object where there is nothing to limit.
 *
 * @throws RefusedError that names the path, for a hop that cannot be limited exactly
 */
export function scopeHops(query: Query, collection: string, context: HopContext): Query {
  const walk: Walk = { ...context, limited: false };
  const filter = scopeLevel(query, collection, walk);
  const deep = query.deep && scopeDeep(query.deep, collection, query.alias ?? {}, walk);
  if (!walk.limited) return query;

  return { ...query, ...(filter && { filter }), ...(deep && { deep: deep as NonNullable<Query['deep']> }) };
}

/**
 * The filter with every hop limited to what the requester may read; the same object where there is nothing to limit. For
 * counts beside a list, which Directus takes by the filter of the request.
 *
 * @throws RefusedError as {@link scopeHops}
 */
export function scopeFilterHops(filter: Filter, collection: string, context: HopContext): Filter {
  const walk: Walk = { ...context, limited: false };
  const scoped = scopeFilter([], filter, collection, walk, newJoins());
  return walk.limited ? scoped : filter;
}

type Level = Pick<Query, 'filter' | 'sort' | 'group' | 'aggregate' | 'alias'> & Record<string, unknown>;

/** The filter of one level of a query, with the conditions without which its `sort` would tell about rows of others. */
function scopeLevel(level: Level, collection: string, walk: Walk): Filter | null {
  for (const field of level.group ?? []) assertNoHop('groupBy', field, collection, walk);

  for (const fields of Object.values(level.aggregate ?? {})) {
    for (const field of fields) if (field !== '*') assertNoHop('aggregate', field, collection, walk);
  }

  const joins = newJoins();
  const filter = level.filter ? [scopeFilter([], level.filter, collection, walk, joins)] : [];
  assertRowsAreNotRepeated(level, joins);

  const all = [...filter, ...scopeSort(level, collection, walk)];
  const [only] = all;

  return only && all.length === 1 ? only : all.length > 0 ? { _and: all } : null;
}

function newJoins(): Joins {
  return { everywhere: true, joined: new Map(), own: new Set() };
}

function assertRowsAreNotRepeated({ aggregate }: Level, { joined, own }: Joins): void {
  if (Object.keys(aggregate ?? {}).every((name) => REPEATABLE_FUNCTIONS.has(name))) return;
  for (const [name, path] of joined) if (!own.has(name)) throw refused('aggregate', path);
}

function scopeSort({ sort, aggregate, alias }: Level, collection: string, walk: Walk): Filter[] {
  return (sort ?? []).flatMap((entry) => {
    const steps = splitSteps(entry.replace(/^-/, ''));
    const [first = ''] = steps;
    // Sorting by an aggregate, which has been looked at.
    if (Object.hasOwn(aggregate ?? {}, first)) return [];
    return conditionsOfSort(steps.length === 1 ? splitSteps(fieldOf(first, alias ?? {})) : steps, collection, walk);
  });
}

/** The nested levels of a query. Directus looks them up by field or alias, many-to-any fields with their collection. */
function scopeDeep(deep: Level, collection: string, alias: Record<string, string>, walk: Walk): Level {
  const entries = Object.entries(deep).map(([key, value]): [string, unknown] => {
    if (key.startsWith('_') || !isRecord(value)) return [key, value];

    const [field = '', scope] = key.split(':');
    const name = fieldOf(field, alias);
    const step = stepOver(scope ? `${name}:${scope}` : name, collection, walk.schema);
    // Directus finds no relation here either, and so has no use for the level.
    if (!step) return [key, value];

    const level = unprefixed(value);
    const filter = scopeLevel(level, step.target, walk);
    const nested = scopeDeep(value, step.target, level.alias ?? {}, walk);
    return [key, filter ? { ...nested, _filter: filter } : nested];
  });

  return Object.fromEntries(entries);
}

/** The field behind a name of the query's own choice; any other name is a field itself. */
function fieldOf(name: string, alias: Record<string, string>): string {
  return Object.hasOwn(alias, name) ? (alias[name] ?? name) : name;
}

/** The parameters of a nested level, which Directus marks with an underscore. */
function unprefixed(level: Record<string, unknown>): Level {
  const parameters = Object.entries(level).filter(([key]) => key.startsWith('_'));
  return Object.fromEntries(parameters.map(([key, value]) => [key.slice(1), value]));
}

/** What stands below `path`. Directus reads its first entry only, so each entry becomes a branch of its own. */
function scopeFilter(path: string[], filter: unknown, collection: string, walk: Walk, joins: Joins): Filter {
  if (!isRecord(filter)) {
    if (path.length === 0) throw malformed();
    return scopeLeaf(path, filter, collection, walk, joins);
  }

  const branches = Object.entries(filter).map(([key, value]) => scopeEntry(path, key, value, collection, walk, joins));
  const [only] = branches;
  if (branches.length === 0) return nest(path, {});
  return only && branches.length === 1 ? only : { _and: branches };
}

function scopeEntry(path: string[], key: string, value: unknown, collection: string, walk: Walk, joins: Joins): Filter {
  if (key === '_and' || key === '_or') {
    if (!Array.isArray(value)) throw malformed();
    const inside = key === '_or' ? { ...joins, everywhere: false } : joins;
    return { [key]: value.map((part) => scopeFilter(path, part, collection, walk, inside)) } as Filter;
  }

  if (path.length > 0 && (key === '_some' || key === '_none')) {
    return scopeQuantifier(path, key, value, collection, walk, joins);
  }

  if (!key.startsWith('_')) return scopeFilter([...path, key], value, collection, walk, joins);

  // An operator, and `path` leads to what it compares. Without a path Directus makes nothing of it.
  return path.length > 0 ? scopeLeaf(path, { [key]: value }, collection, walk, joins) : ({ [key]: value } as Filter);
}

/** `_some` and `_none` read the related rows in a query of their own, to which Directus applies the permissions. */
function scopeQuantifier(
  path: string[],
  key: '_some' | '_none',
  value: unknown,
  collection: string,
  walk: Walk,
  joins: Joins,
): Filter {
  const { hops, last } = follow('filter', path, collection, walk, true);
  if (!isRecord(value)) throw malformed();

  // Directus joins the related rows all the same.
  for (const hop of hops) noteJoin(joins, hop, false);

  const nested = scopeFilter([], value, last, walk, newJoins());
  const [hop] = hops.slice(-1);
  if (!hop || Object.keys(nested).length === 0) return nest([...path, key], nested);

  walk.limited = true;
  // Directus passes over a quantifier whose first entry leads to no comparison, as `_and` does.
  return nest([...path, key], { [primaryKey(hop, walk)]: { _nnull: true }, _and: [nested, hop.boundary.filter] });
}

/** One comparison, beside which the joined rows on its path are limited to the requester's. */
function scopeLeaf(path: string[], condition: unknown, collection: string, walk: Walk, joins: Joins): Filter {
  const leaf = nest(path, condition);
  const { hops, counts } = follow('filter', path, collection, walk, false);
  if (hops.length === 0) return leaf;

  walk.limited = true;
  const mayBeMissing = counts || matchesNull(condition);
  // Where the comparison can be true without a row, a join cannot tell: it meets the related rows of others.
  const blind = hops.filter((hop) => mayBeMissing && isToMany(hop.type) && !hop.bound);
  for (const hop of hops) noteJoin(joins, hop, joins.everywhere && !mayBeMissing);

  const joined = { _and: [leaf, ...hops.map((hop) => limit(hop, mayBeMissing && !blind.includes(hop), walk))] };

  const [hop, ...others] = blind;
  if (!hop) return joined;
  // Directus asks for "no row" of the first step only.
  if (others.length > 0 || hop.path.length > 1) throw refused('filter', path);
  return { _or: [nest([...hop.path, '_none'], { [primaryKey(hop, walk)]: { _nnull: true } }), joined] };
}

function noteJoin({ joined, own }: Joins, { path, type, bound }: Hop, isOwn: boolean): void {
  if (!isToMany(type) || bound) return;
  const name = path.join('.');
  joined.set(name, path);
  if (isOwn) own.add(name);
}

/** "The row that this hop joins is the requester's", or there is none where the comparison can be true without one. */
function limit(hop: Hop, mayBeMissing: boolean, walk: Walk): Filter {
  const own = atPath(hop.path, hop.boundary.filter);
  if (!mayBeMissing) return own;

  const missing =
    hop.type === 'm2o' ? nest(hop.path, { _null: true }) : nest([...hop.path, primaryKey(hop, walk)], { _null: true });

  return { _or: [missing, own] };
}

/**
 * The conditions under which rows may be sorted over hops. Joined rows that are not the requester's cannot be taken out of
 * an order, so only relations that stay in the tenant are followed.
 */
function conditionsOfSort(path: string[], collection: string, walk: Walk): Filter[] {
  const { hops } = follow('sort', path, collection, walk, false);

  return hops.flatMap((hop) => {
    if (!hop.bound) throw refused('sort', path);
    if (isToMany(hop.type)) return [];
    walk.limited = true;
    return [limit(hop, true, walk)];
  });
}

function assertNoHop(parameter: Parameter, field: string, collection: string, walk: Walk): void {
  const path = splitSteps(field);
  if (follow(parameter, path, collection, walk, false).hops.length > 0) throw refused(parameter, path);
}

interface Followed {
  /** The hops into collections of which the requester may not read every row. */
  hops: Hop[];
  /** Whether the path ends in a function, which may have a value where there is no row. */
  counts: boolean;
  /** The collection in which the path ends. */
  last: string;
}

/**
 * Follows a path over relations as Directus does.
 *
 * @param whole whether the last step is a hop as well, whatever its relation
 * @throws RefusedError where the path leads to a collection that is closed to the requester, or counts rows of others
 */
function follow(parameter: Parameter, path: string[], collection: string, walk: Walk, whole: boolean): Followed {
  const hops: Hop[] = [];
  let current = collection;

  for (const [index, part] of path.entries()) {
    const isLast = index === path.length - 1;

    const step = stepOver(part, current, walk.schema);

    if (!step) {
      const isFunction = part.includes('(');
      if (isFunction && !isLast) throw refused(parameter, path);
      if (isFunction) assertFunctionStays(parameter, part, current, path, walk);
      return { hops, counts: isFunction, last: current };
    }

    // The last step over a many-to-one relation is the column itself.
    if (isLast && !whole && !isToMany(step.type)) return { hops, counts: false, last: current };

    const boundary = walk.readable(step.target);
    if (boundary.kind === 'closed') throw refused(parameter, path);

    if (boundary.kind === 'rows') {
      hops.push({
        path: path.slice(0, index + 1),
        type: step.type,
        target: step.target,
        boundary,
        bound: isBound(step, current, walk),
      });
    }

    current = step.target;
  }

  return { hops, counts: false, last: current };
}

/** Whether the write wall keeps both sides of a relation in one tenant; relations that a query makes up are not kept. */
function isBound({ relation, type, target }: Step, source: string, { schema, isMixed }: Walk): boolean {
  if (!relation) return false;
  if (!hasTenantField(source, schema)) return false;
  if (target === TENANTS) return relation.field === TENANT_FIELD && type === 'm2o';
  if (!hasTenantField(target, schema)) return false;
  // Rows of nobody, which all read, are what rows of any tenant refer to.
  if (isToMany(type) && isMixed(source)) return false;
  return type !== 'a2o' || relation.meta?.one_allowed_collections?.includes(target) === true;
}

/** Functions work on a field of the row itself; `count` of an alias counts related rows, whosever they are. */
function assertFunctionStays(parameter: Parameter, call: string, collection: string, path: string[], walk: Walk): void {
  const argument = /\(\s*([^),]*)/.exec(call)?.[1]?.trim() ?? '';
  if (argument.includes('.') || argument.includes(':')) throw refused(parameter, path);

  const step = stepOver(argument, collection, walk.schema);
  if (!step || !isToMany(step.type)) return;

  const boundary = walk.readable(step.target);
  if (boundary.kind !== 'open' && !isBound(step, collection, walk)) throw refused(parameter, path);
}

function isToMany(type: RelationType): boolean {
  return type === 'o2m' || type === 'o2a';
}

function primaryKey({ target, path }: Hop, { schema }: Walk): string {
  const primary = schema.collections[target]?.primary;
  if (primary === undefined) throw refused('filter', path);
  return primary;
}

/** The steps of a dotted path; dots inside parentheses belong to their function. */
function splitSteps(path: string): string[] {
  return path.match(/(?:\([^)]*\)|[^.(])+/g) ?? [];
}

/** Operators that compare with a value, which nothing missing ever matches. */
const COMPARISONS = new Set(
  ['eq', 'ieq', 'neq', 'nieq', 'lt', 'lte', 'gt', 'gte'].concat(
    ['contains', 'starts_with', 'ends_with'].flatMap((name) => [name, `i${name}`, `n${name}`, `ni${name}`]),
  ),
);

/**
 * Whether a comparison can be true where there is no row to compare: `_null` is, and so is everything that is not known to
 * be false there, since Directus leaves out comparisons that it makes nothing of.
 */
function matchesNull(condition: unknown): boolean {
  if (!isRecord(condition)) return condition === null || condition === undefined;

  const [operator = '', value] = Object.entries(condition)[0] ?? [];

  switch (operator) {
    case '_null':
    case '_empty':
      return value !== false;
    case '_nnull':
    case '_nempty':
      return value === false;
    case '_in':
    case '_nin':
      return !Array.isArray(value) || value.length === 0 || value.some((item) => item === null || item === undefined);
    case '_between':
    case '_nbetween':
      return !Array.isArray(value) || value.length !== 2;
    default:
      return !COMPARISONS.has(operator.slice(1)) || value === null || value === undefined;
  }
}

/** The filter for the rows that `path` leads to, in terms of the rows from which it starts. */
function atPath(path: readonly string[], filter: Filter): Filter {
  const parts = Object.entries(filter).map(([key, value]) =>
    key === '_and' || key === '_or'
      ? ({ [key]: (value as Filter[]).map((part) => atPath(path, part)) } as Filter)
      : nest(path, { [key]: value as unknown }),
  );

  const [only] = parts;
  return only && parts.length === 1 ? only : { _and: parts };
}

function nest(path: readonly string[], condition: unknown): Filter {
  return path.reduceRight<unknown>((nested, step) => ({ [step]: nested }), condition) as Filter;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function refused(parameter: Parameter, path: readonly string[]): Error {
  return new RefusedError({
    reason: say(
      'You don\'t have permission to use "{path}" in "{parameter}": ' +
        'it cannot be limited to what you may read. Leave it out.',
      { path: path.join('.'), parameter },
    ),
  });
}

function malformed(): Error {
  return new InvalidQueryError({
    reason: say('The filter has to be an object, and "_and" and "_or" take a list of such'),
  });
}
