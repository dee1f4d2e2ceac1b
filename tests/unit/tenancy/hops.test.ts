import type { Filter, Query } from '@directus/types';
import { describe, expect, it } from 'vitest';
import type { Boundary } from '../../../src/tenancy/boundaries.ts';
import { scopeFilterHops, scopeHops, type HopContext } from '../../../src/tenancy/hops.ts';
import { schemaOf, withRelations } from './support.ts';

const schema = withRelations(
  schemaOf({
    countries: ['name'],
    clients: ['name', 'country', 'tenant_id'],
    projects: ['title', 'client', 'manager', 'template', 'tenant_id'],
    templates: ['name', 'tenant_id'],
    tasks: ['title', 'project', 'tenant_id'],
    sections: ['item', 'collection', 'project', 'tenant_id'],
    bookmarks: ['project'],
    secrets: ['project'],
    people: ['email'],
    tenants: [],
  }),
  [
    { collection: 'clients', field: 'country', related: 'countries', alias: 'clients' },
    { collection: 'projects', field: 'client', related: 'clients', alias: 'projects' },
    { collection: 'projects', field: 'manager', related: 'people' },
    { collection: 'projects', field: 'template', related: 'templates', alias: 'users' },
    { collection: 'tasks', field: 'project', related: 'projects', alias: 'tasks' },
    { collection: 'sections', field: 'project', related: 'projects', alias: 'sections' },
    { collection: 'sections', field: 'item', allowed: ['clients', 'countries'] },
    { collection: 'bookmarks', field: 'project', related: 'projects' },
    { collection: 'secrets', field: 'project', related: 'projects', alias: 'secrets' },
  ],
);

const OWN = { tenant_id: { _eq: 'north' } } as Filter;

const context: HopContext = {
  schema,
  isMixed: (collection) => collection === 'templates',
  readable: (collection): Boundary => {
    if (collection === 'secrets') return { kind: 'closed' };
    if (['countries', 'bookmarks'].includes(collection)) return { kind: 'open' };
    return { kind: 'rows', filter: OWN, owned: true, queryFields: [] };
  },
};

const scoped = (query: object, collection: string): Query => scopeHops(query, collection, context);
const filterOf = (filter: object, collection: string): unknown => scoped({ filter }, collection).filter;
const refusal = (path: string): RegExp => new RegExp(`"${path.replace(/[.()$]/g, '\\$&')}"`);

/** The condition at the end of a path. */
const at = (path: string, condition: unknown): Filter =>
  path.split('.').reduceRight<unknown>((nested, step) => ({ [step]: nested }), condition) as Filter;

describe('A filter over a relation', () => {
  it('is limited at each of its steps', () => {
    const near = at('clients.name', { _eq: 'x' });
    expect(filterOf(near, 'countries')).toEqual({ _and: [near, at('clients', OWN)] });

    const far = at('clients.projects.title', { _eq: 'x' });
    expect(filterOf(far, 'countries')).toEqual({ _and: [far, at('clients', OWN), at('clients.projects', OWN)] });

    const any = at('item:clients.name', { _eq: 'x' });
    expect(filterOf(any, 'sections')).toEqual({ _and: [any, at('item:clients', OWN)] });
  });

  it('is limited for counts beside a list as well', () => {
    const leaf = at('clients.name', { _eq: 'x' });
    expect(scopeFilterHops(leaf, 'countries', context)).toEqual({ _and: [leaf, at('clients', OWN)] });
    const own = at('country.name', { _eq: 'x' });
    expect(scopeFilterHops(own, 'clients', context)).toBe(own);
  });

  it('is limited in each condition on its own, since Directus reads the first entry of an object only', () => {
    const [name, id] = [at('clients.name', { _eq: 'x' }), at('clients.id', { _nnull: true })];
    expect(filterOf({ clients: { name: { _eq: 'x' }, id: { _nnull: true } } }, 'countries')).toEqual({
      _and: [{ _and: [name, at('clients', OWN)] }, { _and: [id, at('clients', OWN)] }],
    });
  });

  it('is the same query where there is nothing to limit', () => {
    for (const [collection, filter] of [
      ['countries', { name: { _eq: 'x' } }],
      ['clients', at('country.name', { _eq: 'x' })],
      ['projects', { client: { _eq: 'x' } }],
      ['projects', { 'count(tasks)': { _gt: 1 } }],
      ['projects', { 'year(created)': { _gt: 1 } }],
    ] as const) {
      const query = { filter };
      expect(scoped(query, collection)).toBe(query);
    }
  });

  it.each([
    { _null: true },
    { _empty: true },
    { _nnull: false },
    { _nempty: false },
    { _in: [] },
    { _in: ['x', null] },
    { _nin: [] },
    { _between: [1] },
    { _eq: null },
    { _regex: 'x' },
    null,
  ])('that %j can be true without a row asks for "none of the own" instead of joining those of others', (condition) => {
    const leaf = at('clients.name', condition);
    expect(filterOf(leaf, 'countries')).toEqual({
      _or: [at('clients._none', { id: { _nnull: true } }), { _and: [leaf, at('clients', OWN)] }],
    });

    expect(() => filterOf(at('country.clients.name', condition), 'clients')).toThrow(refusal('country.clients.name'));
  });

  it.each([{ _nnull: true }, { _eq: 'x' }, { _neq: 'x' }, { _in: ['x'] }, { _between: [1, 2] }, { _ncontains: 'x' }])(
    'that %j can be true with a row only is joined',
    (condition) => {
      const leaf = at('country.clients.name', condition);
      expect(filterOf(leaf, 'clients')).toEqual({ _and: [leaf, at('country.clients', OWN)] });
    },
  );

  it('that can be true without a row keeps own rows that have none, where the relation stays in the tenant', () => {
    const one = at('project.title', { _null: true });
    expect(filterOf(one, 'tasks')).toEqual({
      _and: [one, { _or: [at('project', { _null: true }), at('project', OWN)] }],
    });

    const many = at('tasks.title', { _null: true });
    expect(filterOf(many, 'projects')).toEqual({
      _and: [many, { _or: [at('tasks.id', { _null: true }), at('tasks', OWN)] }],
    });
  });

  it('by a quantifier asks among the own rows', () => {
    for (const quantifier of ['_some', '_none']) {
      const filter = filterOf(at(`clients.${quantifier}`, { name: { _eq: 'x' } }), 'countries');
      const inner = { id: { _nnull: true }, _and: [{ name: { _eq: 'x' } }, OWN] };
      expect(filter).toEqual(at(`clients.${quantifier}`, inner));

      // Directus passes over a quantifier whose first entry is no comparison.
      const text = JSON.stringify(filter);
      expect(text).toContain(`"${quantifier}":{"id"`);
    }
  });

  it('is limited inside of a quantifier', () => {
    const leaf = at('projects.title', { _eq: 'x' });
    expect(filterOf(at('clients._some', leaf), 'countries')).toEqual(
      at('clients._some', { id: { _nnull: true }, _and: [{ _and: [leaf, at('projects', OWN)] }, OWN] }),
    );
  });

  it('into a closed collection is refused, whatever leads there', () => {
    for (const path of ['secrets.id', '$FOLLOW(secrets,project).id', 'secrets._some.id']) {
      expect(() => filterOf(at(path, { _nnull: true }), 'projects')).toThrow(refusal(path.replace('._some.id', '')));
    }
  });

  it('that is no filter is refused', () => {
    for (const filter of [[], 'x', { _and: {} }, { _or: 'x' }, { clients: { _some: [] } }]) {
      expect(() => filterOf(filter as object, 'countries')).toThrow('The filter has to be an object');
    }
  });
});

describe('A count of related rows', () => {
  it.each([
    ['countries', 'count(clients)'],
    ['countries', 'clients.projects.count(secrets)'],
    ['projects', 'count(client.projects)'],
    ['projects', 'year(item:clients)'],
    ['projects', 'count(secrets)'],
  ])('of %s by %s is refused unless it stays in the tenant', (collection, path) => {
    const filter = path
      .match(/(?:\([^)]*\)|[^.(])+/g)!
      .reduceRight<object>((nested, step) => ({ [step]: nested }), { _gt: 1 });
    expect(() => filterOf(filter, collection)).toThrow(refusal(path));
    expect(() => scoped({ sort: [path] }, collection)).toThrow(refusal(path));
    expect(() => scoped({ group: [path] }, collection)).toThrow(refusal(path));
  });

  it('is the end of its path', () => {
    expect(() => filterOf({ 'count(tasks)': { title: { _eq: 'x' } } }, 'projects')).toThrow('count(tasks).title');
  });
});

describe('A sort over a relation', () => {
  it.each([
    ['countries', 'clients.name'],
    ['countries', '-clients.projects.title'],
    ['clients', 'country.clients.name'],
    ['bookmarks', 'project.title'],
    ['projects', 'manager.email'],
    ['projects', '$FOLLOW(tasks,project).title'],
    ['sections', 'item:tasks.title'],
  ])('of %s by %s is refused: it may leave the tenant', (collection, sort) => {
    expect(() => scoped({ sort: [sort] }, collection)).toThrow(refusal(sort.replace('-', '')));
    const alias = { other: sort.replace('-', '') };
    expect(() => scoped({ sort: ['other'], alias }, collection)).toThrow(refusal(alias.other));
  });

  it('that stays in the tenant is limited to what the row may refer to', () => {
    const condition = (path: string): object => ({ _or: [at(path, { _null: true }), at(path, OWN)] });

    expect(scoped({ sort: ['-client.name'] }, 'projects').filter).toEqual(condition('client'));
    expect(scoped({ sort: ['item:clients.name'] }, 'sections').filter).toEqual({
      _or: [at('item:clients.id', { _null: true }), at('item:clients', OWN)],
    });
    expect(scoped({ filter: { title: { _eq: 'x' } }, sort: ['project.client.name'] }, 'tasks').filter).toEqual({
      _and: [{ title: { _eq: 'x' } }, condition('project'), condition('project.client')],
    });
  });

  it('by a field, by what it refers to or by an aggregate is left alone', () => {
    for (const query of [
      { sort: ['title', '-client'] },
      { aggregate: { count: ['id'] }, sort: ['count.id'] },
      { sort: ['tasks.title'] },
    ]) {
      expect(scoped(query, 'projects')).toBe(query);
    }
  });
});

describe('Grouping and aggregates', () => {
  it('over a relation are refused', () => {
    expect(() => scoped({ group: ['client.name'] }, 'projects')).toThrow(refusal('client.name'));
    expect(() => scoped({ aggregate: { min: ['client.name'] } }, 'projects')).toThrow(refusal('client.name'));

    const query = { group: ['title', 'client'], aggregate: { count: ['*'], sum: ['budget'] } };
    expect(scoped(query, 'projects')).toBe(query);
  });

  it('of rows that stand there once for each related row of others are refused', () => {
    const leaf = at('clients.name', { _eq: 'x' });

    for (const filter of [
      at('clients._some', { name: { _eq: 'x' } }),
      at('clients._none', { name: { _eq: 'x' } }),
      { _or: [{ name: { _eq: 'x' } }, leaf] },
      at('clients.name', { _null: true }),
    ]) {
      for (const name of ['count', 'sum', 'avg']) {
        expect(() => scoped({ filter, aggregate: { [name]: ['id'] } }, 'countries')).toThrow(refusal('clients'));
      }

      for (const name of ['countDistinct', 'min', 'max']) {
        expect(() => scoped({ filter, aggregate: { [name]: ['id'] } }, 'countries')).not.toThrow();
      }
    }

    // Only the joins of own rows are left.
    expect(() => scoped({ filter: leaf, aggregate: { count: ['*'] } }, 'countries')).not.toThrow();
    const own = { _or: [{ title: { _eq: 'x' } }, at('tasks.title', { _eq: 'x' })] };
    expect(() => scoped({ filter: own, aggregate: { count: ['*'] } }, 'projects')).not.toThrow();
  });
});

describe('A mixed collection', () => {
  it('is sorted and grouped by as a tenants’ one, from the side of rows that refer to it', () => {
    expect(scoped({ sort: ['template.name'] }, 'projects').filter).toEqual({
      _or: [at('template', { _null: true }), at('template', OWN)],
    });
  });

  it('tells nothing about the rows of tenants that refer to its rows', () => {
    for (const query of [
      { sort: ['users.title'] },
      { aggregate: { count: ['users'] } },
      { filter: { 'count(users)': { _gt: 1 } } },
    ]) {
      expect(() => scoped(query, 'templates'), JSON.stringify(query)).toThrow('cannot be limited to what you may read');
    }

    // The same questions stay in the tenant from a row that has one.
    expect(() => scoped({ filter: { 'count(tasks)': { _gt: 1 } } }, 'projects')).not.toThrow();
  });
});

describe('A nested level', () => {
  const leaf = at('country.clients.name', { _eq: 'x' });
  const limited = { _and: [leaf, at('country.clients', OWN)] };

  it('is limited as the root is, at any depth', () => {
    const deep = { country: { clients: { _limit: 5, _filter: leaf } } };
    expect(scoped({ deep }, 'clients')).toEqual({ deep: { country: { clients: { _limit: 5, _filter: limited } } } });
  });

  it('is found by its alias, and by the collection of a many-to-any field', () => {
    const root = { alias: { here: 'client' }, deep: { here: { _filter: leaf } } };
    expect(scoped(root, 'projects').deep).toEqual({ here: { _filter: limited } });

    const nested = { deep: { client: { _alias: { there: 'projects' }, there: { _filter: at('client', leaf) } } } };
    const there = { _and: [at('client', leaf), at('client', OWN), at('client.country.clients', OWN)] };
    expect(scoped(nested, 'projects').deep).toEqual({
      client: { _alias: { there: 'projects' }, there: { _filter: there } },
    });

    const any = { deep: { 'item:countries': { _filter: at('clients.name', { _eq: 'x' }) } } };
    expect(scoped(any, 'sections').deep).toEqual({
      'item:countries': { _filter: { _and: [at('clients.name', { _eq: 'x' }), at('clients', OWN)] } },
    });
  });

  it('is no alias, and a field no aggregate, for having a name that every object knows', () => {
    const named = withRelations(schema, [
      { collection: 'projects', field: 'constructor', related: 'people' },
      { collection: 'clients', field: 'toString', related: 'countries' },
    ]);
    const ask = (query: object, collection: string): Query =>
      scopeHops(query, collection, { ...context, schema: named });

    const inner = at('clients.name', { _eq: 'x' });
    expect(ask({ alias: {}, deep: { toString: { _filter: inner } } }, 'clients').deep).toEqual({
      toString: { _filter: { _and: [inner, at('clients', OWN)] } },
    });

    expect(() => ask({ aggregate: { count: ['id'] }, sort: ['constructor.email'] }, 'projects')).toThrow(
      refusal('constructor.email'),
    );
  });

  it('is sorted, grouped and counted by what stays in the tenant alone', () => {
    for (const level of [
      { _sort: ['country.clients.name'] },
      { _group: ['country.clients.name'] },
      { _aggregate: { count: ['country.clients.name'] } },
      { _filter: { country: { 'count(clients)': { _gt: 1 } } } },
    ]) {
      expect(() => scoped({ deep: { client: level } }, 'projects')).toThrow('cannot be limited to what you may read');
    }
  });

  it('is the same where there is nothing to limit', () => {
    const query = { deep: { client: { _filter: { name: { _eq: 'x' } } }, nothing: { _limit: 1 } } };
    expect(scoped(query, 'projects')).toBe(query);
  });
});
