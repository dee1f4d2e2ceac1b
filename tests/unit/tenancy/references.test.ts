import type { Item } from '@directus/types';
import { describe, expect, it } from 'vitest';
import { nestedPayloads, referencesOf, type References } from '../../../src/tenancy/references.ts';
import { schemaOf, withRelations } from './support.ts';

const schema = withRelations(
  schemaOf({
    clients: ['name', 'tenant_id'],
    projects: ['title', 'client', 'tenant_id'],
    tasks: ['title', 'project', 'tenant_id'],
    sections: ['item', 'collection', 'project', 'tenant_id'],
    countries: ['name'],
    tenants: [],
  }),
  [
    { collection: 'projects', field: 'client', related: 'clients', alias: 'projects' },
    { collection: 'tasks', field: 'project', related: 'projects', alias: 'tasks' },
    { collection: 'sections', field: 'project', related: 'projects', alias: 'sections' },
    { collection: 'sections', field: 'item', allowed: ['clients', 'countries'] },
  ],
);

const of = (collection: string, payload: Item): References => referencesOf(collection, payload, schema);
const known = (collection: string, payload: Item): References['known'] => of(collection, payload).known;

/** The complaint names the field. */
function refuses(collection: string, payload: Item, field: string): void {
  expect(() => of(collection, payload), JSON.stringify(payload)).toThrow(
    expect.objectContaining({ code: 'INVALID_PAYLOAD', extensions: expect.objectContaining({ field }) as object }),
  );
}

describe('References', () => {
  it('to one row are a key, or an object with one', () => {
    const reference = { field: 'client', from: 'projects', to: 'clients', keys: ['c'] };
    expect(known('projects', { client: 'c' })).toEqual([reference]);
    expect(known('projects', { client: { id: 'c', name: 'x' } })).toEqual([reference]);

    for (const client of [undefined, null, { name: 'new' }, { id: null, name: 'new' }]) {
      expect(known('projects', { client })).toEqual([]);
    }
  });

  it('to many rows are keys and objects, in one list or in three', () => {
    const reference = { field: 'tasks', from: 'projects', to: 'tasks', keys: [1, 2] };
    expect(known('projects', { tasks: [1, { id: 2, title: 'x' }, { title: 'new' }] })).toEqual([reference]);

    const lists = { create: [{ title: 'new' }], update: [{ id: 1 }], delete: [2] };
    expect(known('projects', { tasks: lists })).toEqual([reference]);
    expect(known('projects', { tasks: [] })).toEqual([]);
  });

  it('leave out the way back from rows of a list, where Directus writes it', () => {
    const lists = (list: string, row: Item): Item => ({ tasks: { create: [], update: [], delete: [], [list]: [row] } });
    const task = { field: 'tasks', from: 'projects', to: 'tasks', keys: [1] };

    expect(known('projects', lists('create', { project: '+', title: 'new' }))).toEqual([]);
    expect(known('projects', { tasks: [{ project: 7, title: 'new' }] })).toEqual([]);
    expect(known('projects', { id: 9, ...lists('update', { id: 1, project: '+' }) })).toEqual([task]);

    const stored = { field: 'tasks.project', from: 'tasks', to: 'projects', keys: [7] };
    expect(known('projects', lists('update', { id: 1, project: 7 }))).toEqual([stored, task]);
  });

  it('of nested payloads are found, and named by their path', () => {
    expect(known('tasks', { project: { client: { id: 'c' }, tasks: [3] } })).toEqual([
      { field: 'project.client', from: 'projects', to: 'clients', keys: ['c'] },
      { field: 'project.tasks', from: 'projects', to: 'tasks', keys: [3] },
    ]);

    const sections = { create: [{ collection: 'clients', item: { projects: [4] } }], update: [], delete: [] };
    expect(known('projects', { sections })).toEqual([
      { field: 'sections.item.projects', from: 'clients', to: 'projects', keys: [4] },
    ]);
  });

  it('to the tenant are none', () => {
    expect(known('projects', { tenant_id: 'north' })).toEqual([]);
  });

  it('to any collection name it', () => {
    const reference = { field: 'item', from: 'sections', to: 'clients', keys: ['c'] };
    expect(known('sections', { collection: 'clients', item: 'c' })).toEqual([reference]);
    expect(known('sections', { collection: 'clients', item: { id: 'c' } })).toEqual([reference]);
  });

  it('to any collection that leave it, or the key, to the stored row say so', () => {
    expect(of('sections', { item: 'c' })).toEqual({
      known: [],
      open: [{ field: 'item', collectionField: 'collection', key: 'c' }],
      redirected: [],
    });
    expect(of('sections', { collection: 'countries' })).toEqual({
      known: [],
      open: [],
      redirected: [{ field: 'item', collectionField: 'collection', to: 'countries' }],
    });
    expect(of('sections', { item: null, collection: null })).toEqual({ known: [], open: [], redirected: [] });
  });

  it('to a collection that is not among those allowed are refused', () => {
    for (const named of ['tasks', 'nothing', 5, ['clients'], { name: 'clients' }]) {
      refuses('sections', { collection: named, item: 'c' }, 'collection');
    }

    refuses('projects', { sections: [{ collection: 'tasks', item: 1 }] }, 'sections.collection');
  });

  it('that are no key, no object and no list of these are refused', () => {
    for (const value of [true, ['c'], [['c']]]) refuses('projects', { client: value }, 'client');
    for (const key of [true, ['c'], { id: 'c' }]) {
      refuses('projects', { client: { id: key } }, 'client');
      refuses('projects', { tasks: [{ id: key }] }, 'tasks');
      refuses('sections', { collection: 'clients', item: { id: key } }, 'item');
      refuses('sections', { item: { id: key } }, 'item');
    }

    for (const value of [true, 5, '5', '[5]']) refuses('projects', { tasks: value }, 'tasks');
    for (const row of [true, [5], null]) refuses('projects', { tasks: [row] }, 'tasks');
    refuses('tasks', { project: { client: true } }, 'project.client');
  });
});

describe('Nested payloads', () => {
  it('are all that a payload brings along, with their paths and collections', () => {
    const section = { collection: 'clients', item: { name: 'x' } };
    const payload = { title: 'x', client: { name: 'y' }, tasks: { create: [], update: [{ id: 1 }], delete: [2] } };

    expect(
      nestedPayloads('projects', { ...payload, sections: [section] }, schema).map(({ path, to, payload: own }) => [
        path,
        to,
        own,
      ]),
    ).toEqual(
      expect.arrayContaining([
        ['', 'projects', { ...payload, sections: [section] }],
        ['client.', 'clients', { name: 'y' }],
        ['tasks.', 'tasks', { id: 1 }],
        ['sections.', 'sections', section],
        ['sections.item.', 'clients', { name: 'x' }],
      ]),
    );
  });
});
