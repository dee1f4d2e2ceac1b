import fc from 'fast-check';

/** A field of a hunted collection that holds a value. */
export const VALUE_FIELDS = ['name', 'amount'] as const;

/** A relation between two hunted collections, or one and itself. */
export interface HuntRelation {
  kind: 'm2o' | 'm2a';
  collection: string;
  field: string;
  /** For `m2a`, the collections that it may lead to. */
  related: string[];
  /** The alias on the other side; null where there is none. */
  alias: string | null;
}

export interface HuntCollection {
  name: string;
  scope: 'tenant' | 'mixed' | 'shared';
  key: 'integer' | 'uuid';
}

/** The collections and relations of one hunt. */
export interface HuntSchema {
  collections: HuntCollection[];
  relations: HuntRelation[];
}

/**
 * Schemas with collections of every scope and relations of every kind: to other rows, to rows of the same collection, to any
 * of several collections, with and without an alias, and (two many-to-one fields in one collection) many-to-many.
 */
export const schemas: fc.Arbitrary<HuntSchema> = fc
  .record({
    tenant: fc.array(fc.constantFrom('integer' as const, 'uuid' as const), { minLength: 3, maxLength: 4 }),
    mixed: fc.array(fc.constantFrom('integer' as const, 'uuid' as const), { minLength: 1, maxLength: 2 }),
    shared: fc.array(fc.constantFrom('integer' as const, 'uuid' as const), { minLength: 1, maxLength: 2 }),
  })
  .chain(({ tenant, mixed, shared }) => {
    const collections: HuntCollection[] = [
      ...tenant.map((key, index) => ({ name: `t${index}`, scope: 'tenant' as const, key })),
      ...mixed.map((key, index) => ({ name: `m${index}`, scope: 'mixed' as const, key })),
      ...shared.map((key, index) => ({ name: `s${index}`, scope: 'shared' as const, key })),
    ];
    const tenants = collections.filter(({ scope }) => scope === 'tenant').map(({ name }) => name);
    const all = collections.map(({ name }) => name);

    const relation = fc.record({
      from: fc.constantFrom(...all),
      to: fc.constantFrom(...all),
      aliased: fc.boolean(),
    });

    return fc
      .record({
        drawn: fc.array(relation, { minLength: 4, maxLength: 8 }),
        junction: fc.record({ left: fc.constantFrom(...tenants), right: fc.constantFrom(...all) }),
        any: fc.record({
          from: fc.constantFrom(...tenants),
          to: fc.uniqueArray(fc.constantFrom(...all), { minLength: 2 }),
        }),
      })
      .map(({ drawn, junction, any }) => ({
        collections: [...collections, { name: 'j0', scope: 'tenant' as const, key: 'integer' as const }],
        relations: [
          // Ways from a shared row and from one of nobody into the tenants, and relations of a collection to itself, are always
          // there.
          ...[
            { from: tenants[0]!, to: 's0', aliased: true },
            { from: tenants[0]!, to: 'm0', aliased: true },
            { from: tenants[1]!, to: tenants[1]!, aliased: true },
            { from: 'm0', to: 'm0', aliased: true },
            ...drawn,
          ].map(({ from, to, aliased }, index) => ({
            kind: 'm2o' as const,
            collection: from,
            field: `r${index}`,
            related: [to],
            alias: aliased ? `r${index}_of` : null,
          })),
          { kind: 'm2o' as const, collection: 'j0', field: 'left', related: [junction.left], alias: 'junctions' },
          { kind: 'm2o' as const, collection: 'j0', field: 'right', related: [junction.right], alias: 'junctions_of' },
          { kind: 'm2a' as const, collection: any.from, field: 'item', related: any.to, alias: null },
        ],
      }));
  });

/** A step that a path of a query can take from a collection. */
export interface HuntStep {
  field: string;
  /** The field as it stands in a filter: many-to-any fields with the collection. */
  part: string;
  to: string;
  many: boolean;
}

/** Every step from a collection, those included that a query makes up. */
export function stepsFrom({ relations }: HuntSchema, collection: string): HuntStep[] {
  return relations.flatMap((relation): HuntStep[] => {
    const { kind, field, alias, related } = relation;
    const steps: HuntStep[] = [];

    if (relation.collection === collection) {
      for (const to of related) {
        steps.push({ field, part: kind === 'm2a' ? `${field}:${to}` : field, to, many: false });
      }
    }

    if (related.includes(collection)) {
      const step = { to: relation.collection, many: true };
      if (alias) steps.push({ ...step, field: alias, part: alias });
      if (kind === 'm2o') {
        const follow = `$FOLLOW(${relation.collection},${field})`;
        steps.push({ ...step, field: follow, part: follow });
      }
    }

    return steps;
  });
}
