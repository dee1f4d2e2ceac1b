import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { useHost } from '../support/host.ts';
import { createWorld, must, TENANT_COLLECTIONS, uploadFile, type World } from '../support/world.ts';
import { isBrowserMissing, keepPicture, launchBrowser, logIn, openStudio } from './browser.ts';
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
      meta: { interface: 'map', special: ['cast-json'], options: { geometryType: 'Point' } },
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

describe.skipIf(isBrowserMissing)('a member in the Data Studio of Directus 11', () => {
  const host = useHost({ directus: '11' });
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let witness: Witness;
  let world: World;
  let events: number[];
  let user: string;

  beforeAll(async () => {
    world = await createWorld(host());
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
    ({ context, page } = await openStudio(browser, host().url));
    await logIn(page, { email: north.owner.email, password: PASSWORD });
    witness = watch(page, /south/i);
  });

  afterAll(() => browser?.close());

  /** Goes to a page of the Data Studio and waits until it shows a text. */
  const visit = async (path: string, text: string | RegExp): Promise<void> => {
    await page.goto(`/admin${path}`);
    await page.getByText(text).filter({ visible: true }).first().waitFor();
  };

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
    const query = layout === 'tabular' ? { tabular: options } : {};
    const bookmark = await look('events', { layout, layout_options: options, layout_query: query });
    await page.goto(`/admin/content/events?bookmark=${bookmark}`);

    if (layout === 'map') await page.locator('.maplibregl-map, .map-container').first().waitFor();
    else await page.getByText('north-event-1').filter({ visible: true }).first().waitFor();
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

  test('opens an item, with its comments, and saves it', async () => {
    await visit(`/content/events/${events[0]}`, 'north-comment');
    await page.getByLabel('Title').fill('north-event-0 changed');
    await page.getByRole('button', { name: /^Save/ }).first().click();
    await page.waitForURL(/\/admin\/content\/events$/);
    await page.getByText('north-event-0 changed').waitFor();
  });

  test('makes an item with relations in the drawers', async () => {
    await visit('/content/projects/+', /Creating Item/);
    await page.getByLabel('Title').fill('north-project-new');
    await page.locator('.field', { hasText: 'Client' }).locator('.v-list-item').first().click();
    await page.getByRole('dialog').locator('tr.table-row').first().waitFor();
    await page.getByRole('dialog').locator('tr.table-row').first().click();
    await page.getByRole('dialog').locator('header').getByRole('button').last().click();
    await page.getByRole('button', { name: /^Save/ }).first().click();
    await page.waitForURL(/\/admin\/content\/projects$/);
  });

  test('comments on an item', async () => {
    await visit(`/content/events/${events[1]}`, 'north-event-1');
    await page.locator('.comment-input textarea, .input-container textarea').first().fill('north-said');
    await page.getByRole('button', { name: 'Submit' }).first().click();
    await page.getByText('north-said').first().waitFor();
  });

  test('looks at files and a file', async () => {
    await visit('/files', 'north-file');
    await page.getByText('north-folder').first().waitFor();
    await page.getByText('north-file').first().click();
    await page.waitForURL(/\/admin\/files\/[0-9a-f-]{36}/);
  });

  test('looks at people, and changes the own account', async () => {
    await visit('/users', 'editor@north.example.com');
    await visit(`/users/${user}`, 'North Owner');
    await page.getByLabel('Location').fill('Here');
    await page.getByRole('button', { name: /^Save/ }).first().click();
    await page.waitForURL(/\/admin\/users$/);
    expect(await must(world.north.owner, 'GET', '/users/me?fields=location')).toEqual({ location: 'Here' });
  });

  test.each(['/insights', '/activity', '/settings'])('goes to %s without noticing anything', async (path) => {
    await page.goto(`/admin${path}`);
    await page.locator('#navigation, .module-bar').first().waitFor();
  });

  test('reads the own notifications', async () => {
    await visit('/content/events', 'north-event-1');
    await page
      .getByRole('button', { name: /Notifications/ })
      .first()
      .click();
    await page.locator('.v-drawer').waitFor();
  });

  test('logs out', async () => {
    await page.goto('/admin/logout');
    await page.waitForURL(/\/admin\/login/);
    await context.close();
  });
});
