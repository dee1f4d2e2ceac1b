import type { Answer, ApiClient } from './api.ts';
import type { Probe } from './probes.ts';
import type { TestedCollection, TestedSchema } from './schema.ts';

interface Court {
  superAdmin: ApiClient;
  schema: TestedSchema;
  /** The tenant that asks. */
  mine: Probe;
  /** The tenant whose rows are asked for. */
  others: Probe;
}

export interface Verdict {
  /** How many questions were asked. */
  tried: number;
  leaks: string[];
}

/** Asks for the row of another tenant in the ways there are. */
export async function tryLaw(collection: TestedCollection, court: Court): Promise<Verdict> {
  const trial = new Trial(collection, court);
  await trial.reading();
  await trial.related();
  await trial.writing();
  return { tried: trial.tried, leaks: trial.leaks };
}

class Trial {
  tried = 0;
  readonly leaks: string[] = [];
  private readonly collection: TestedCollection;
  private readonly court: Court;
  private readonly own: string | number;
  private readonly foreign: string | number;

  constructor(collection: TestedCollection, court: Court) {
    this.collection = collection;
    this.court = court;
    this.own = court.mine.rows.get(collection.name) ?? '';
    this.foreign = court.others.rows.get(collection.name) ?? '';
  }

  private get path(): string {
    return `/items/${this.collection.name}`;
  }

  private get primary(): string {
    return this.collection.primary.field;
  }

  async reading(): Promise<void> {
    const { path, primary, foreign } = this;
    const equals = encodeURIComponent(JSON.stringify({ [primary]: { _eq: foreign } }));

    const list = await this.ask('the list', 'GET', `${path}?limit=-1&fields=*`);
    if (!this.has(list, this.own)) this.leaks.push('the own row is not in the list: what follows would prove nothing');

    await this.ask('a filter by key', 'GET', `${path}?limit=-1&filter=${equals}`);
    await this.ask('a search', 'GET', `${path}?limit=-1&search=${this.court.others.mark}`);
    await this.ask('a descending order', 'GET', `${path}?limit=-1&sort=-${primary}`);
    await this.ask('GraphQL', 'POST', '/graphql', {
      query: `{ ${this.collection.name}${this.collection.isSingleton ? '' : '(limit: -1)'} { ${primary} } }`,
    });

    if (this.collection.isSingleton) return;
    await this.refused('the row by its key', 'GET', `${path}/${foreign}`);

    const rows = (list.data as unknown[]).length;
    const counted = await this.ask('a count', 'GET', `${path}?aggregate[count]=*`);
    const [{ count } = { count: undefined }] = (Array.isArray(counted.data) ? counted.data : []) as {
      count?: unknown;
    }[];
    if (Number(count) !== rows) this.leaks.push(`a count tells ${String(count)} where the list has ${rows}`);

    const { data } = await this.ask(
      'a grouped count',
      'GET',
      `${path}?groupBy[]=${primary}&aggregate[count]=*&limit=-1`,
    );
    if (Array.isArray(data) && data.length > rows) this.leaks.push('a grouped count tells of rows of others');
  }

  /** Nested fields and filters that lead from what somebody may read to the rows of others. */
  async related(): Promise<void> {
    const { schema, mine } = this.court;

    for (const { collection, related_collection: one, meta, field } of schema.relations) {
      if (collection !== this.collection.name || !one || !meta?.one_field) continue;
      if (one.startsWith('directus_')) continue;

      const alias = meta.one_field;
      const name = `"${one}.${alias}"`;
      const equals = encodeURIComponent(JSON.stringify({ [alias]: { [this.primary]: { _eq: this.foreign } } }));
      const nested = await this.ask(`${name} as a nested field`, 'GET', `/items/${one}?limit=-1&fields=${alias}.*`);
      const found = await mine.owner.ask('GET', `/items/${one}?limit=-1&filter=${equals}`);

      this.tried += 1;
      const matches = Array.isArray(found.data) ? found.data.length : 0;
      if (found.status < 300 && matches > 0) this.leaks.push(`a filter over ${name} meets the row of another tenant`);
      if (nested.status >= 500)
        this.leaks.push(`${name} as a nested field answered ${nested.status} (over "${field}")`);
    }
  }

  async writing(): Promise<void> {
    const { path, foreign } = this;
    const { superAdmin, others } = this.court;
    if (this.collection.isSingleton) return;

    const before = await superAdmin.ask('GET', `${path}/${foreign}?fields=*`);
    const text = this.collection.fields.find(
      ({ type, schema }) => type === 'string' && schema && !schema.is_primary_key,
    );
    const change = text ? { [text.field]: 'taken over' } : {};

    await this.refused('a change', 'PATCH', `${path}/${foreign}`, change);
    await this.refused('a change of several', 'PATCH', path, { keys: [foreign], data: change });
    await this.refused('taking the row over', 'PATCH', `${path}/${foreign}`, { tenant_id: this.court.mine.id });
    await this.refused('giving the own row away', 'PATCH', `${path}/${this.own}`, { tenant_id: others.id });
    await this.refused('a row for another tenant', 'POST', path, { ...change, tenant_id: others.id });
    await this.references();
    await this.refused('a deletion', 'DELETE', `${path}/${foreign}`);
    await this.refused('a deletion of several', 'DELETE', path, [foreign]);

    const after = await superAdmin.ask('GET', `${path}/${foreign}?fields=*`);
    if (after.text !== before.text) this.leaks.push('the row of another tenant was changed or deleted');
  }

  /** References from the own row to rows of others. */
  private async references(): Promise<void> {
    for (const { collection, field, related_collection: target } of this.court.schema.relations) {
      if (collection !== this.collection.name || !target || field === 'tenant_id') continue;
      const key = this.court.others.rows.get(target);
      if (key === undefined) continue;
      await this.refused(`a reference in "${field}"`, 'PATCH', `${this.path}/${this.own}`, { [field]: key });
    }
  }

  /** A question whose answer must not have the row of the other tenant, nor a word of it. */
  private async ask(name: string, method: string, path: string, body?: unknown): Promise<Answer> {
    this.tried += 1;
    const answer = await this.court.mine.owner.ask(method, path, body);
    if (answer.status < 300 && this.tells(answer)) this.leaks.push(`${name} tells of the row of another tenant`);
    return answer;
  }

  private async refused(name: string, method: string, path: string, body?: unknown): Promise<void> {
    this.tried += 1;
    const answer = await this.court.mine.owner.ask(method, path, body);
    if (answer.status < 400) this.leaks.push(`${name} was answered ${answer.status}`);
    else if (this.tells(answer, true)) this.leaks.push(`the refusal of ${name} tells of the row of another tenant`);
  }

  /** A refusal may repeat the key that it was asked for. */
  private tells(answer: Answer, isRefusal = false): boolean {
    if (answer.text.includes(this.court.others.mark)) return true;
    return !isRefusal && this.has(answer, this.foreign);
  }

  /** Whether a key stands anywhere in an answer under the name of the primary key. */
  private has({ data }: Answer, key: string | number): boolean {
    const isThere = (value: unknown): boolean => {
      if (Array.isArray(value)) return value.some(isThere);
      if (typeof value !== 'object' || value === null) return false;
      const row = value as Record<string, unknown>;
      // Keys of other collections may be the same numbers; a uuid is nobody else's.
      const isKey = String(row[this.primary]) === String(key) && (typeof key === 'string' || this.isOwnShape(row));
      return isKey || Object.values(row).some(isThere);
    };

    return isThere(data);
  }

  /** Whether an object has only fields of the collection. */
  private isOwnShape(row: Record<string, unknown>): boolean {
    return Object.keys(row).every((name) => this.collection.fields.some(({ field }) => field === name));
  }
}
