import fc from 'fast-check';
import { stepsFrom, VALUE_FIELDS, type HuntSchema, type HuntStep } from './schema.ts';

/** A request as a member sends it. */
export interface HuntRequest {
  method: string;
  path: string;
  body?: unknown;
}

/** Keys and texts that occur in the world of a hunt, of the member, of the other tenant, of nobody. */
export interface HuntValues {
  keys: Record<string, (string | number)[]>;
  names: string[];
}

type Json = Record<string, unknown>;

const MAX_STEPS = 3;

/** Paths over relations from a collection, as the parts of a filter, and the collection in which they end. */
function paths(
  schema: HuntSchema,
  collection: string,
  depth = MAX_STEPS,
): fc.Arbitrary<{ parts: string[]; last: string }> {
  const here = fc.constant({ parts: [] as string[], last: collection });
  const steps = stepsFrom(schema, collection);
  if (depth === 0 || steps.length === 0) return here;

  const further = fc
    .constantFrom(...steps)
    .chain((step) =>
      paths(schema, step.to, depth - 1).map(({ parts, last }) => ({ parts: [step.part, ...parts], last })),
    );

  return fc.oneof({ weight: depth === MAX_STEPS ? 1 : 2, arbitrary: here }, { weight: 3, arbitrary: further });
}

function comparisons(schema: HuntSchema, values: HuntValues, collection: string): fc.Arbitrary<Json> {
  const name = fc.constantFrom(...values.names);
  const amount = fc.integer({ min: 0, max: 9 });
  const key = fc.constantFrom(...(values.keys[collection] ?? [0]));
  const counted = stepsFrom(schema, collection).filter(({ many, field }) => many && !field.startsWith('$'));

  return fc.oneof(
    fc
      .tuple(fc.constantFrom('_eq', '_neq', '_contains', '_starts_with', '_nends_with', '_icontains', '_gt'), name)
      .map(([operator, value]) => ({ name: { [operator]: value } })),
    fc.tuple(fc.constantFrom('_eq', '_lt', '_gte', '_neq'), amount).map(([operator, value]) => ({
      amount: { [operator]: value },
    })),
    fc.array(amount, { minLength: 1, maxLength: 3 }).map((list) => ({ amount: { _in: list } })),
    fc
      .constantFrom('_null', '_nnull')
      .map((operator) => ({ [operator === '_null' ? 'name' : 'id']: { [operator]: true } })),
    fc.constantFrom({ id: { _null: true } }, { name: { _empty: true } }, { amount: { _nbetween: [2, 3] } }),
    key.map((value) => ({ id: { _eq: value } })),
    key.map((value) => ({ id: { _nin: [value] } })),
    ...(counted.length > 0
      ? [
          fc
            .tuple(fc.constantFrom(...counted), fc.constantFrom('_eq', '_gt', '_lte'), fc.integer({ min: 0, max: 6 }))
            .map(([{ field }, operator, value]) => ({ [`count(${field})`]: { [operator]: value } })),
        ]
      : []),
  );
}

function nest(parts: readonly string[], condition: unknown): Json {
  return parts.reduceRight<unknown>((nested, part) => ({ [part]: nested }), condition) as Json;
}

function filters(schema: HuntSchema, values: HuntValues, collection: string, depth = 2): fc.Arbitrary<Json> {
  const leaf = paths(schema, collection).chain(({ parts, last }) =>
    comparisons(schema, values, last).map((condition) => nest(parts, condition)),
  );

  const many = stepsFrom(schema, collection).filter((step) => step.many);
  const quantified =
    many.length === 0
      ? leaf
      : fc
          .tuple(fc.constantFrom(...many), fc.constantFrom('_some', '_none'))
          .chain(([step, quantifier]) =>
            (depth > 0 ? filters(schema, values, step.to, 0) : comparisons(schema, values, step.to)).map((condition) =>
              nest([step.part, quantifier], condition),
            ),
          );

  if (depth === 0) return leaf;

  const inner = filters(schema, values, collection, depth - 1);
  const branches = fc.array(inner, { minLength: 1, maxLength: 3 });

  return fc.oneof(
    { weight: 5, arbitrary: leaf },
    { weight: 2, arbitrary: quantified },
    { weight: 1, arbitrary: branches.map((list) => ({ _or: list })) },
    { weight: 1, arbitrary: branches.map((list) => ({ _and: list })) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(paths(schema, collection), fc.constantFrom('_and', '_or'))
        .chain(([{ parts, last }, operator]) =>
          fc
            .array(comparisons(schema, values, last), { minLength: 1, maxLength: 2 })
            .map((list) => nest(parts, { [operator]: list })),
        ),
    },
  );
}

function sorts(schema: HuntSchema, collection: string): fc.Arbitrary<string[]> {
  const one = fc
    .tuple(paths(schema, collection), fc.constantFrom('name', 'amount', 'id'), fc.boolean())
    .map(([{ parts }, field, descending]) => (descending ? '-' : '') + [...parts, field].join('.'));

  return fc.array(one, { minLength: 1, maxLength: 2 });
}

function fields(schema: HuntSchema, collection: string): fc.Arbitrary<string[]> {
  const counted = stepsFrom(schema, collection).filter(({ many, field }) => many && !field.startsWith('$'));

  const one = paths(schema, collection).chain(({ parts }) =>
    fc.constantFrom('id', 'name', 'amount', '*').map((field) => [...parts, field].join('.')),
  );

  return fc.array(
    counted.length > 0
      ? fc.oneof(
          { weight: 4, arbitrary: one },
          fc.constantFrom(...counted).map(({ field }) => `count(${field})`),
        )
      : one,
    { minLength: 1, maxLength: 3 },
  );
}

function level(schema: HuntSchema, values: HuntValues, collection: string): fc.Arbitrary<Json> {
  return fc.record(
    {
      filter: filters(schema, values, collection),
      sort: sorts(schema, collection),
      limit: fc.integer({ min: 1, max: 5 }),
      search: fc.constantFrom(...values.names, '3'),
    },
    { requiredKeys: [] },
  );
}

function queries(schema: HuntSchema, values: HuntValues, collection: string): fc.Arbitrary<Json> {
  const steps = stepsFrom(schema, collection).filter(({ field }) => !field.startsWith('$'));

  const list = fc
    .tuple(
      level(schema, values, collection),
      fields(schema, collection),
      fc.option(fc.constantFrom('filter_count', 'total_count', '*'), { nil: undefined }),
    )
    .map(([query, selected, meta]) => ({ ...query, fields: selected, ...(meta && { meta }) }));

  const aggregate = fc
    .tuple(
      level(schema, values, collection),
      fc.constantFrom('count', 'countDistinct', 'sum', 'max', 'min'),
      fc.constantFrom('id', 'amount', '*'),
      fc.option(
        fc.oneof(
          fc.constantFrom('name', 'amount'),
          ...(steps.length > 0
            ? [fc.constantFrom(...steps).map(({ field, many }) => (many ? `count(${field})` : field))]
            : []),
        ),
        { nil: undefined },
      ),
    )
    .map(([{ filter, search }, operation, field, group]) => ({
      ...(filter !== undefined && { filter }),
      ...(search !== undefined && { search }),
      aggregate: { [operation]: field },
      ...(group && { groupBy: [group] }),
    }));

  const deep =
    steps.length === 0
      ? list
      : fc.tuple(list, fc.constantFrom(...steps), fc.boolean()).chain(([query, step, aliased]) =>
          level(schema, values, step.to).map((nested) => {
            const name = aliased ? 'other' : step.field;
            return {
              ...query,
              fields: ['id', `${name === 'other' ? name : step.part}.*`],
              ...(aliased && { alias: { other: step.field } }),
              deep: {
                [aliased ? name : step.part]: Object.fromEntries(
                  Object.entries(nested).map(([key, value]) => [`_${key}`, value]),
                ),
              },
            };
          }),
        );

  return fc.oneof({ weight: 4, arbitrary: list }, { weight: 2, arbitrary: aggregate }, { weight: 2, arbitrary: deep });
}

function reads(schema: HuntSchema, values: HuntValues): fc.Arbitrary<HuntRequest> {
  return fc.constantFrom(...schema.collections).chain(({ name: collection }) =>
    fc.tuple(queries(schema, values, collection), fc.constantFrom('GET', 'SEARCH')).map(([query, method]) => {
      const path = `/items/${collection}`;
      if (method === 'SEARCH') return { method, path, body: { query } };

      const text = Object.entries(query).map(
        ([key, value]) =>
          `${key}=${encodeURIComponent(typeof value === 'object' && key !== 'fields' && key !== 'sort' && key !== 'groupBy' ? JSON.stringify(value) : String(value))}`,
      );
      return { method, path: `${path}?${text.join('&')}` };
    }),
  );
}

/** What a value looks like in GraphQL. */
function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{ ${Object.entries(value)
      .map(([key, inner]) => `${key}: ${literal(inner)}`)
      .join(', ')} }`;
  }
  return JSON.stringify(value);
}

/** GraphQL knows functions by another name, and no relations that a query makes up. */
function forGraphQl(filter: unknown): unknown {
  if (Array.isArray(filter)) return filter.map(forGraphQl);
  if (typeof filter !== 'object' || filter === null) return filter;

  return Object.fromEntries(
    Object.entries(filter).map(([key, value]): [string, unknown] => {
      const counted = /^count\((.*)\)$/.exec(key)?.[1];
      if (counted) return [`${counted}_func`, { count: forGraphQl(value) }];
      return [key.replace(':', '__'), forGraphQl(value)];
    }),
  );
}

function graphql(schema: HuntSchema, values: HuntValues): fc.Arbitrary<HuntRequest> {
  return fc.constantFrom(...schema.collections).chain(({ name: collection }) => {
    const steps = stepsFrom(schema, collection).filter(
      ({ field, part }) => !field.startsWith('$') && !part.includes(':'),
    );

    return fc
      .tuple(
        filters(schema, values, collection, 1).filter((filter) => !JSON.stringify(filter).includes('$FOLLOW')),
        fc.option(sorts(schema, collection), { nil: undefined }),
        fc.option(steps.length > 0 ? fc.constantFrom<HuntStep>(...steps) : fc.constant(undefined), { nil: undefined }),
        fc.boolean(),
      )
      .map(([filter, sort, step, aggregated]) => {
        const args = `filter: ${literal(forGraphQl(filter))}${sort && !aggregated ? `, sort: ${literal(sort)}` : ''}`;
        const nested = step ? ` ${step.field} { id name }` : '';
        const query = aggregated
          ? `{ ${collection}_aggregated(${args}) { countAll max { amount } } }`
          : `{ ${collection}(${args}) { id name${nested} } }`;
        return { method: 'POST', path: '/graphql', body: { query } };
      });
  });
}

/** A row with references to whatever there is: own rows, rows of the other tenant, of nobody, and rows to be made. */
function payloads(schema: HuntSchema, values: HuntValues, collection: string, depth = 2): fc.Arbitrary<Json> {
  const value = fc.record(
    { name: fc.constantFrom(...values.names), amount: fc.integer({ min: 0, max: 9 }) },
    { requiredKeys: [] },
  );

  const keyOf = (to: string): fc.Arbitrary<string | number> => fc.constantFrom(...(values.keys[to] ?? [0]));

  const relations = schema.relations.flatMap((relation): fc.Arbitrary<Json>[] => {
    const { kind, field, alias, related } = relation;
    const result: fc.Arbitrary<Json>[] = [];

    const rowOf = (to: string): fc.Arbitrary<unknown> =>
      fc.oneof(
        { weight: 4, arbitrary: keyOf(to) },
        { weight: 1, arbitrary: keyOf(to).map((id) => ({ id })) },
        ...(depth > 0
          ? [
              { weight: 1, arbitrary: payloads(schema, values, to, depth - 1) },
              {
                weight: 1,
                arbitrary: fc.tuple(keyOf(to), payloads(schema, values, to, 0)).map(([id, row]) => ({ id, ...row })),
              },
            ]
          : []),
      );

    if (relation.collection === collection) {
      if (kind === 'm2o') result.push(rowOf(related[0]!).map((row) => ({ [field]: row })));
      else {
        result.push(
          fc.constantFrom(...related).chain((to) =>
            fc.tuple(rowOf(to), fc.boolean()).map(([row, named]) => ({
              item: typeof row === 'number' ? String(row) : row,
              ...(named && { item_collection: to }),
            })),
          ),
          fc.constantFrom(...related).map((to) => ({ item_collection: to })),
        );
      }
    }

    if (alias && related.includes(collection)) {
      const rows = fc.array(rowOf(relation.collection), { minLength: 1, maxLength: 2 });
      result.push(
        rows.map((list) => ({ [alias]: list })),
        fc.tuple(keyOf(relation.collection), keyOf(relation.collection)).map(([id, gone]) => ({
          [alias]: { create: [], update: [{ id, name: 'changed' }], delete: [gone] },
        })),
      );
    }

    return result;
  });

  if (relations.length === 0) return value;

  return fc
    .tuple(value, fc.array(fc.oneof(...relations), { maxLength: 2 }), fc.integer({ min: 0, max: 19 }))
    .chain(([row, parts, chance]) => {
      const whole = Object.assign({}, row, ...parts) as Json;
      // Now and then with a key of its own choice, or with somebody's tenant.
      if (chance === 0) return keyOf(collection).map((id) => ({ ...whole, id }));
      if (chance === 1) return keyOf('tenants').map((tenant) => ({ ...whole, tenant_id: tenant }));
      return fc.constant(whole);
    });
}

function writes(schema: HuntSchema, values: HuntValues): fc.Arbitrary<HuntRequest> {
  return fc.constantFrom(...schema.collections).chain(({ name: collection }) => {
    const path = `/items/${collection}`;
    const key = fc.constantFrom(...(values.keys[collection] ?? [0]));
    const payload = payloads(schema, values, collection);

    return fc.oneof(
      payload.map((body) => ({ method: 'POST', path, body })),
      fc.array(payload, { minLength: 2, maxLength: 3 }).map((body) => ({ method: 'POST', path, body })),
      fc.tuple(key, payload).map(([id, body]) => ({ method: 'PATCH', path: `${path}/${id}`, body })),
      fc
        .tuple(fc.array(key, { minLength: 1, maxLength: 3 }), payload)
        .map(([keys, data]) => ({ method: 'PATCH', path, body: { keys, data } })),
      fc.tuple(key, payload).map(([id, row]) => ({ method: 'PATCH', path, body: [{ id, ...row }] })),
      key.map((id) => ({ method: 'DELETE', path: `${path}/${id}` })),
      fc.array(key, { minLength: 1, maxLength: 3 }).map((body) => ({ method: 'DELETE', path, body })),
      fc.tuple(fc.constantFrom('_eq', '_neq'), fc.constantFrom(...values.names)).map(([operator, name]) => ({
        method: 'PATCH',
        path,
        body: { query: { filter: { name: { [operator]: name } } }, data: { [VALUE_FIELDS[1]]: 1 } },
      })),
      key.map((id) => ({ method: 'GET', path: `${path}/${id}` })),
      fc
        .tuple(key, key)
        .map(([item, to]) => ({ method: 'POST', path: `/utils/sort/${collection}`, body: { item, to } })),
    );
  });
}

/** Any request that a member could send: reads by REST and GraphQL, and writes. */
export function requests(schema: HuntSchema, values: HuntValues): fc.Arbitrary<HuntRequest> {
  return fc.oneof(
    { weight: 5, arbitrary: reads(schema, values) },
    { weight: 2, arbitrary: graphql(schema, values) },
    { weight: 3, arbitrary: writes(schema, values) },
  );
}
