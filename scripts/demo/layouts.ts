/** How the Studio shows a collection to everybody who has not chosen otherwise: a preset of nobody. */
export interface Layout {
  collection: string;
  layout: 'tabular' | 'cards' | 'kanban';
  layout_query: Record<string, unknown>;
  layout_options: Record<string, unknown>;
}

function table(collection: string, columns: Record<string, number>, sort: string): Layout {
  return {
    collection,
    layout: 'tabular',
    layout_query: { tabular: { fields: Object.keys(columns), sort: [sort], page: 1 } },
    layout_options: { tabular: { widths: columns, spacing: 'comfortable' } },
  };
}

export const layouts: readonly Layout[] = [
  table('clients', { name: 220, status: 140, industry: 230, country: 170, contact_name: 190 }, 'name'),
  table('invoices', { number: 120, status: 130, client: 200, project: 250, issued_on: 140, total: 130 }, '-number'),
  table('tags', { name: 260, color: 100 }, 'name'),
  table('countries', { code: 100, name: 240, region: 180, currency: 120 }, 'name'),
  table('industries', { icon: 80, name: 280, key: 180 }, 'name'),
  {
    collection: 'projects',
    layout: 'cards',
    layout_query: { cards: { sort: ['sort'], page: 1 } },
    layout_options: {
      cards: {
        imageSource: 'cover',
        imageFit: 'crop',
        title: '{{name}}',
        subtitle: '{{client.name}}',
        icon: 'architecture',
        size: 4,
      },
    },
  },
  {
    collection: 'tasks',
    layout: 'kanban',
    layout_query: { kanban: {} },
    layout_options: {
      kanban: {
        groupField: 'status',
        titleField: 'title',
        dateField: 'due',
        userField: 'assignee',
        showUngrouped: false,
      },
    },
  },
];
