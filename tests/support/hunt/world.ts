import { DatabaseSync } from 'node:sqlite';
import type { Host } from '../../../scripts/hosts/host.ts';
import { login, type Account } from '../client.ts';
import { createTenant, must } from '../world.ts';
import type { HuntCollection, HuntRelation, HuntSchema } from './schema.ts';
import type { HuntValues } from './requests.ts';

type Row = Record<string, string | number | null>;

const NAMES = ['ash', 'birch', 'cedar', 'elm'];

/** Names that rows of the other tenant have and nobody else. */
const FOREIGN_NAMES = ['x-ash', 'x-birch'];

/** Rows that requests make get integer keys above this one. */
const FIRST_NEW_KEY = 1_000_000;

/**
 * One Directus with a hunted schema and two tenants. Rows are written beside Directus, so that what the other tenant owns
 * can be changed and put back between two requests.
 */
export class HuntWorld {
  readonly member: Account;
  readonly values: HuntValues;
  private readonly database: DatabaseSync;
  private readonly tables: string[];
  private readonly other: string;
  private readonly schema: HuntSchema;
  private readonly start: Map<string, Row[]>;

  private constructor(host: Host, schema: HuntSchema, member: Account, own: string, other: string) {
    if (!('filename' in host.database.connection)) throw new Error('A hunt needs SQLite.');
    this.database = new DatabaseSync(host.database.connection.filename, { timeout: 10_000 });
    this.database.exec('PRAGMA foreign_keys = OFF');
    this.schema = schema;
    this.member = member;
    this.other = other;
    this.tables = schema.collections.map(({ name }) => name);

    this.fill(own, other);
    this.start = this.snapshot();
    this.values = {
      names: [...NAMES, ...FOREIGN_NAMES, 'nobody'],
      keys: {
        ...Object.fromEntries(
          schema.collections.map(({ name, key }) => [
            name,
            [
              ...this.start.get(name)!.map(({ id }) => id as string | number),
              key === 'uuid' ? uuid('nobody', 1) : 987_654,
            ],
          ]),
        ),
        tenants: [own, other, uuid('nobody', 2)],
      },
    };
  }

  static async create(host: Host, schema: HuntSchema): Promise<HuntWorld> {
    const superAdmin = await login(host.url, host.superAdmin);
    await createSchema(superAdmin, schema);
    const own = await createTenant(host.url, superAdmin, 'South');
    const other = await createTenant(host.url, superAdmin, 'North');
    return new HuntWorld(host, schema, own.owner, own.id, other.id);
  }

  /** Brings every row back to what it was in the beginning. */
  restore(): void {
    this.transaction(() => {
      for (const [table, rows] of this.start) {
        this.database.exec(`DELETE FROM "${table}"`);
        for (const row of rows) this.insert(table, row);
      }
      this.resetSequences();
    });
  }

  /** Changes what the other tenant owns: takes it all away, changes every value, or adds to it. */
  changeOther(change: 'delete' | 'change' | 'add'): void {
    this.transaction(() => {
      for (const { name, scope, key } of this.schema.collections) {
        if (scope === 'shared') continue;

        if (change === 'delete') {
          this.database.prepare(`DELETE FROM "${name}" WHERE tenant_id = ?`).run(this.other);
        } else if (change === 'change') {
          this.database
            .prepare(`UPDATE "${name}" SET name = 'y-' || name, amount = 9 - amount WHERE tenant_id = ?`)
            .run(this.other);
        } else {
          const rows = this.start.get(name)!.filter((row) => row['tenant_id'] === this.other);
          rows.forEach((row, index) => {
            const id = key === 'uuid' ? uuid(`${name}-added`, index) : 500_000 + index;
            this.insert(name, { ...row, id, name: NAMES[index % NAMES.length]! });
          });
        }
      }
      this.resetSequences();
    });
  }

  close(): void {
    this.database.close();
  }

  /** An answer without what differs from one time to the next: keys of rows that the request itself made. */
  normalized(answer: unknown): string {
    const known = new Set(Object.values(this.values.keys).flat().map(String));

    return JSON.stringify(answer)
      .replace(/"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"/g, (text) =>
        known.has(text.slice(1, -1)) ? text : '"#"',
      )
      .replace(/"?\b\d{7,}\b"?/g, '"#"');
  }

  private fill(own: string, other: string): void {
    this.transaction(() => {
      for (const collection of this.schema.collections) {
        if (collection.scope !== 'tenant') this.fillRows(collection, null, 4, NAMES, 1);
        if (collection.scope !== 'shared') {
          this.fillRows(collection, own, 4, NAMES, 101);
          this.fillRows(collection, other, 6, [...NAMES, ...FOREIGN_NAMES], 201);
        }
      }
      for (const collection of this.schema.collections) this.refer(collection, own, other);
      this.resetSequences();
    });
  }

  private fillRows(
    { name, key }: HuntCollection,
    tenant: string | null,
    count: number,
    names: string[],
    first: number,
  ): void {
    for (let index = 0; index < count; index += 1) {
      this.insert(name, {
        id: key === 'uuid' ? uuid(name, first + index) : first + index,
        name: index === count - 1 ? null : names[index % names.length]!,
        amount: (index * 3 + first) % 10,
        ...(tenant && { tenant_id: tenant }),
      });
    }
  }

  /**
   * Rows refer to others of their tenant, to those of nobody and to shared ones; every fourth row to nothing. Rows of nobody and
   * shared ones refer to such alone.
   */
  private refer({ name, scope }: HuntCollection, own: string, other: string): void {
    for (const relation of this.schema.relations.filter(({ collection }) => collection === name)) {
      for (const tenant of { shared: [null], mixed: [null, own, other], tenant: [own, other] }[scope]) {
        const rows = this.rowsOwnedBy(name, tenant);

        rows.forEach((row, index) => {
          if (index % 4 === 3) return;
          const to = relation.related[index % relation.related.length]!;
          const target = this.schema.collections.find((candidate) => candidate.name === to)!;
          if (tenant === null && target.scope === 'tenant') return;
          const isNobodys =
            target.scope === 'shared' || tenant === null || (target.scope === 'mixed' && index % 2 === 0);
          const targets = this.rowsOwnedBy(to, isNobodys ? null : tenant);
          this.setReference(name, row, relation, to, targets[(index * 5 + 1) % targets.length]!);
        });
      }
    }
  }

  private setReference(table: string, row: Row, relation: HuntRelation, to: string, target: Row): void {
    const key = row['id'] ?? null;
    if (relation.kind === 'm2a') {
      this.database
        .prepare(`UPDATE "${table}" SET item = ?, item_collection = ? WHERE id = ?`)
        .run(String(target['id']), to, key);
    } else {
      this.database
        .prepare(`UPDATE "${table}" SET "${relation.field}" = ? WHERE id = ?`)
        .run(target['id'] ?? null, key);
    }
  }

  private rowsOf(table: string): Row[] {
    return this.database.prepare(`SELECT * FROM "${table}" ORDER BY id`).all() as Row[];
  }

  private rowsOwnedBy(table: string, tenant: string | null): Row[] {
    return this.rowsOf(table).filter((row) => (row['tenant_id'] ?? null) === tenant);
  }

  private snapshot(): Map<string, Row[]> {
    return new Map(this.tables.map((table) => [table, this.rowsOf(table)]));
  }

  private insert(table: string, row: Row): void {
    const columns = Object.keys(row);
    this.database
      .prepare(
        `INSERT INTO "${table}" (${columns.map((column) => `"${column}"`).join()}) VALUES (${columns.map(() => '?').join()})`,
      )
      .run(...Object.values(row));
  }

  private resetSequences(): void {
    for (const { name, key } of this.schema.collections) {
      if (key !== 'integer') continue;
      this.database.prepare('DELETE FROM sqlite_sequence WHERE name = ?').run(name);
      this.database.prepare('INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)').run(name, FIRST_NEW_KEY);
    }
  }

  private transaction(work: () => void): void {
    this.database.exec('BEGIN IMMEDIATE');
    work();
    this.database.exec('COMMIT');
  }
}

/** A uuid that is the same for the same words. */
function uuid(word: string, number: number): string {
  const text = Buffer.from(`${word}${number}`).toString('hex').padEnd(32, '0').slice(0, 32);
  return `${text.slice(0, 8)}-${text.slice(8, 12)}-4${text.slice(13, 16)}-8${text.slice(17, 20)}-${text.slice(20)}`;
}

async function createSchema(superAdmin: Account, { collections, relations }: HuntSchema): Promise<void> {
  const keyType = new Map(collections.map(({ name, key }) => [name, key]));

  for (const { name, key } of collections) {
    const own = relations.filter(({ collection }) => collection === name);
    const aliases = relations.filter(({ alias, related }) => alias && related.includes(name));

    await must(superAdmin, 'POST', '/collections', {
      collection: name,
      meta: {},
      schema: {},
      fields: [
        key === 'uuid'
          ? { field: 'id', type: 'uuid', meta: { special: ['uuid'] }, schema: { is_primary_key: true } }
          : { field: 'id', type: 'integer', schema: { is_primary_key: true, has_auto_increment: true } },
        { field: 'name', type: 'string', schema: {} },
        { field: 'amount', type: 'integer', schema: {} },
        ...own.flatMap(({ kind, field, related }) =>
          kind === 'm2a'
            ? [
                { field: 'item', type: 'string', schema: {} },
                { field: 'item_collection', type: 'string', schema: {} },
              ]
            : [{ field, type: keyType.get(related[0]!)!, schema: {} }],
        ),
        ...aliases.map(({ alias }) => ({ field: alias, type: 'alias', meta: { special: ['o2m'] }, schema: null })),
      ],
    });
  }

  for (const { kind, collection, field, related, alias } of relations) {
    await must(
      superAdmin,
      'POST',
      '/relations',
      kind === 'm2a'
        ? {
            collection,
            field,
            related_collection: null,
            meta: { one_field: null, one_collection_field: 'item_collection', one_allowed_collections: related },
          }
        : {
            collection,
            field,
            related_collection: related[0],
            meta: { one_field: alias },
            schema: { on_delete: 'SET NULL' },
          },
    );
  }

  for (const { name, scope } of collections) await must(superAdmin, 'PUT', `/tenancy/collections/${name}`, { scope });

  // Sorting by hand is a request as well.
  await must(superAdmin, 'PATCH', `/collections/t0`, { meta: { sort_field: 'amount' } });
}
