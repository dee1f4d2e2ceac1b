import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { must, TENANT_COLLECTIONS, uploadFile, type World } from '../support/world.ts';
import { useWorld } from '../support/worlds.ts';
import { isBrowserMissing, keepPicture, launchBrowser, logInByHand, openStudio } from './browser.ts';
import { watch, type Witness } from './witness.ts';

const PASSWORD = 'correct horse battery';

/** A collection with what every layout and most interfaces of the Data Studio need. */
const EVENTS = {
  collection: 'events',
  meta: {
    sort_field: 'sort',
    archive_field: 'status',
    archive_value: 'archived',
    versioning: true,
    accountability: 'all',
  },
  schema: {},
  fields: [
    { field: 'id', type: 'integer', schema: { is_primary_key: true, has_auto_increment: true } },
    { field: 'title', type: 'string', schema: {}, meta: { interface: 'input' } },
    {
      field: 'status',
      type: 'string',
      schema: {},
      meta: {
        interface: 'select-dropdown',
        options: { choices: ['draft', 'published', 'archived'].map((value) => ({ text: value, value })) },
      },
    },
    { field: 'sort', type: 'integer', schema: {}, meta: { hidden: true } },
    { field: 'starts', type: 'dateTime', schema: {}, meta: { interface: 'datetime' } },
    {
      field: 'place',
      type: 'json',
      schema: {},
      meta: { interface: 'map', special: ['cast-json'], hidden: true },
    },
    { field: 'image', type: 'uuid', schema: {}, meta: { interface: 'file-image', special: ['file'] } },
    { field: 'host', type: 'uuid', schema: {}, meta: { interface: 'select-dropdown-m2o', special: ['m2o'] } },
    { field: 'project', type: 'integer', schema: {}, meta: { interface: 'select-dropdown-m2o', special: ['m2o'] } },
    {
      field: 'user_created',
      type: 'uuid',
      schema: {},
      meta: { interface: 'select-dropdown-m2o', special: ['user-created'], display: 'user', readonly: true },
    },
    { field: 'date_updated', type: 'timestamp', schema: {}, meta: { special: ['date-updated'], display: 'datetime' } },
  ],
};

const EVENT_RELATIONS = [
  { field: 'image', related_collection: 'directus_files' },
  { field: 'host', related_collection: 'directus_users' },
  { field: 'project', related_collection: 'projects' },
  { field: 'user_created', related_collection: 'directus_users' },
];

/** Maps want graphics hardware; what they ask of the server is looked at all the same. */
const NO_GRAPHICS = /WebGL|'resize'/;

describe.skipIf(isBrowserMissing)('a member in the Data Studio of Directus 11', () => {
  const { host, world: getWorld } = useWorld({ directus: '11' });
  let browser: Browser;
  let page: Page;
  let witness: Witness;
  let world: World;
  let events: number[];
  let user: string;

  beforeAll(async () => {
    world = getWorld();
    const { superAdmin, north, south } = world;

    await must(superAdmin, 'POST', '/collections', EVENTS);
    for (const relation of EVENT_RELATIONS) {
      await must(superAdmin, 'POST', '/relations', {
        collection: 'events',
        schema: { on_delete: 'SET NULL' },
        ...relation,
      });
    }
    await must(superAdmin, 'PUT', '/tenancy/collections/events', { scope: 'tenant' });

    for (const [collection, field, meta] of [
      ['projects', 'client', { interface: 'select-dropdown-m2o', special: ['m2o'] }],
      ['projects', 'cover', { interface: 'file-image', special: ['file'] }],
      ['projects', 'sections', { interface: 'list-m2a' }],
      ['clients', 'country', { interface: 'select-dropdown-m2o', special: ['m2o'] }],
      ['tasks', 'project', { interface: 'select-dropdown-m2o', special: ['m2o'] }],
    ] as const) {
      await must(superAdmin, 'PATCH', `/fields/${collection}/${field}`, { meta });
    }

    for (const tenant of [south, north]) {
      const image = await uploadFile(tenant.owner, `${tenant.mark}-file`);
      await must(tenant.owner, 'POST', '/folders', { name: `${tenant.mark}-folder` });
      const { id } = await must<{ id: string }>(tenant.owner, 'GET', '/users/me?fields=id');
      const rows = await must<{ id: number }[]>(
        tenant.owner,
        'POST',
        '/items/events',
        ['draft', 'published', 'published', 'archived'].map((status, index) => ({
          title: `${tenant.mark}-event-${index}`,
          status,
          sort: index + 1,
          starts: new Date(Date.now() + index * 3_600_000).toISOString().slice(0, 19),
          place: { type: 'Point', coordinates: [index, 50] },
          image,
          host: id,
          project: tenant.projects[0],
        })),
      );
      await must(tenant.owner, 'POST', '/comments', {
        collection: 'events',
        item: String(rows[0]!.id),
        comment: `${tenant.mark}-comment`,
      });
      events = rows.map((row) => row.id);
      user = id;
    }

    browser = await launchBrowser();
    ({ page } = await openStudio(browser, host().url));
    await logInByHand(page, { email: north.owner.email, password: PASSWORD });
    witness = watch(page, /south/i);
  });

  afterAll(() => browser?.close());

  /** Goes to a page of the Data Studio and waits until it shows a text. */
  const visit = async (path: string, text: string | RegExp): Promise<void> => {
    await page.goto(`/admin${path}`);
    await page.getByText(text).filter({ visible: true }).first().waitFor();
  };

  /** The input of a field in a form. */
  const input = (field: string): Locator => page.locator(`[data-field="${field}"] input`).first();

  const save = (place = 'body'): Promise<void> =>
    page.locator(`${place} header button:has([data-icon="check"])`).first().click();

  /** Keeps how a member looks at a collection, as the Data Studio itself does. */
  const look = async (collection: string, preset: object): Promise<number> => {
    const { id } = await must<{ id: number }>(world.north.owner, 'POST', '/presets', {
      user,
      collection,
      bookmark: 'Mine',
      ...preset,
    });
    return id;
  };

  const nothingWentWrong = async (): Promise<void> => expect(await witness.testify()).toEqual([]);

  afterEach(nothingWentWrong);

  test.each([...TENANT_COLLECTIONS, 'countries', 'events'])('lists %s', async (collection) => {
    const marks: Record<string, RegExp> = { countries: /Norway|Spain/ };
    await page.goto(`/admin/content/${collection}`);
    await page.locator('tr.table-row').first().waitFor();
    expect(await page.locator('tr.table-row').first().innerText()).toMatch(marks[collection] ?? /\S/);
  });

  test.each([
    ['tabular', { tabular: { fields: ['title', 'project.title', 'host.first_name', 'image.title', 'user_created'] } }],
    ['cards', { cards: { imageSource: 'image', title: '{{title}}', subtitle: '{{project.title}}' } }],
    ['calendar', { calendar: { startDateField: 'starts', template: '{{title}} {{project.title}}' } }],
    ['kanban', { kanban: { groupField: 'status', groupTitle: null, titleField: 'title', userField: 'host' } }],
    ['map', { map: { geometryField: 'place', displayTemplate: '{{title}}' } }],
  ] as const)('looks at events as %s', async (layout, options) => {
    const query = layout === 'tabular' ? options : {};
    const bookmark = await look('events', { layout, layout_options: options, layout_query: query });
    await page.goto(`/admin/content/events?bookmark=${bookmark}`);

    if (layout !== 'map') await page.getByText('north-event-1').filter({ visible: true }).first().waitFor();
    else expect((await witness.testify()).filter((line) => !NO_GRAPHICS.test(line))).toEqual([]);
    await keepPicture(page, `member-${layout}`);
  });

  test.each([
    ['a relation to sort by', { layout_query: { tabular: { sort: ['project.title'], fields: ['title'] } } }],
    ['a relation to filter by', { filter: { _and: [{ project: { title: { _contains: 'north' } } }] } }],
    ['people to filter by', { filter: { _and: [{ host: { first_name: { _contains: 'North' } } }] } }],
    ['two relations to filter by', { filter: { _and: [{ project: { client: { name: { _nnull: true } } } }] } }],
    ['a search', { search: 'north-event' }],
  ])('looks at events with %s', async (_name, preset) => {
    const bookmark = await look('events', { layout: 'tabular', ...preset });
    await visit(`/content/events?bookmark=${bookmark}`, 'north-event-1');
  });

  test('opens an item with its comments, changes it, and adds a comment', async () => {
    await visit(`/content/events/${events[0]}`, 'Editing Item');
    await page.getByRole('button', { name: 'Comments' }).click();
    await page.getByText('north-comment').waitFor();
    await page.locator('[contenteditable="true"]').first().click();
    await page.keyboard.type('north-said');
    await page.getByRole('button', { name: 'Submit' }).click();
    await page.locator('.comment-item', { hasText: 'north-said' }).waitFor();

    await input('title').fill('north-event-0 changed');
    await save();
    await page.waitForURL(/\/admin\/content\/events/);
    await page.getByText('north-event-0 changed').waitFor();
  });

  test('makes an item with a related one, from a drawer', async () => {
    await visit('/content/projects/+', /Creating Item/);
    await input('title').fill('north-project-new');
    await page.locator('[data-field="client"] .v-list-item').first().click();
    await page.locator('.v-drawer tr.table-row', { hasText: 'north' }).first().click();
    await save('.v-drawer');
    await page.locator('.v-drawer').waitFor({ state: 'detached' });
    await page.locator('[data-field="client"]', { hasText: /\S/ }).waitFor();
    await save();
    await page.waitForURL(/\/admin\/content\/projects$/);

    const path = '/items/projects?filter[title][_eq]=north-project-new&fields=client.name';
    const client = expect.stringMatching(/^north-client/) as string;
    expect(await must(world.north.owner, 'GET', path)).toEqual([{ client: { name: client } }]);
  });

  test('looks at files and a file', async () => {
    await visit('/files', 'North File');
    await page.getByText('north-folder').first().waitFor();
    await page.getByText('North File').first().click();
    await page.waitForURL(/\/admin\/files\/[0-9a-f-]{36}/);
  });

  test('looks at colleagues, and changes the own account', async () => {
    await visit('/users', 'editor@north.example.com');
    await visit(`/users/${user}`, 'North Owner');
    await input('location').fill('Here');
    await save();
    // The address of the page says nothing of the saving: it is the same before.
    await expect.poll(() => must(world.north.owner, 'GET', '/users/me?fields=location')).toEqual({ location: 'Here' });
  });

  test.each(['/insights', '/activity', '/settings'])('goes to %s without noticing anything', async (path) => {
    await page.goto(`/admin${path}`);
    await page.locator('#navigation, .module-bar').first().waitFor();
  });

  test('reads the own notifications', async () => {
    await visit('/content/events', 'north-event-1');
    await page.locator('.module-bar button:has([data-icon="notifications"])').click();
    await page.locator('.v-drawer').getByText('No Notifications').waitFor();
  });

  test('logs out', async () => {
    await page.goto('/admin/logout');
    await page.waitForURL(/\/admin\/login/);
  });
});
