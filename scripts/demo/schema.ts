import {
  choice,
  codeKey,
  color,
  date,
  dateTime,
  decimal,
  files,
  icon,
  image,
  junctionKey,
  manyToMany,
  manyToOne,
  markdown,
  numberKey,
  oneToMany,
  person,
  richText,
  sort,
  text,
  timestamps,
  uuidKey,
  type FieldDefinition,
} from './fields.ts';

/** A collection as `POST /collections` takes it, and what it is for the bundle. */
export interface CollectionDefinition {
  collection: string;
  meta: CollectionMeta;
  /** `null` for a folder of collections. */
  schema: Record<string, never> | null;
  fields: FieldDefinition[];
  /** A folder has no rows and therefore no scope. */
  scope?: 'tenant' | 'shared';
}

interface CollectionMeta {
  icon: string;
  color?: string;
  note?: string;
  group?: string;
  sort?: number;
  hidden?: boolean;
  collapse?: 'open' | 'closed';
  display_template?: string;
  sort_field?: string;
  archive_field?: string;
  archive_value?: string;
  unarchive_value?: string;
}

/** A relation as `POST /relations` takes it. */
export interface RelationDefinition {
  collection: string;
  field: string;
  related_collection: string;
  meta: {
    one_field?: string;
    junction_field?: string;
    sort_field?: string;
    one_deselect_action?: 'delete' | 'nullify';
  };
  schema: { on_delete: 'CASCADE' | 'SET NULL' };
}

const clientStatus = [
  { value: 'prospect', text: 'Prospect', color: '#4C8DD8' },
  { value: 'active', text: 'Active', color: '#2ECDA7' },
  { value: 'archived', text: 'Archived', color: '#A2B5CD' },
];

const projectStatus = [
  { value: 'proposal', text: 'Proposal', color: '#4C8DD8' },
  { value: 'active', text: 'Active', color: '#2ECDA7' },
  { value: 'on_hold', text: 'On hold', color: '#FFA439' },
  { value: 'delivered', text: 'Delivered', color: '#6644FF' },
  { value: 'archived', text: 'Archived', color: '#A2B5CD' },
];

const taskStatus = [
  { value: 'todo', text: 'To do', color: '#A2B5CD' },
  { value: 'doing', text: 'In progress', color: '#4C8DD8' },
  { value: 'review', text: 'In review', color: '#FFA439' },
  { value: 'done', text: 'Done', color: '#2ECDA7' },
];

const priorities = [
  { value: 'low', text: 'Low', color: '#A2B5CD' },
  { value: 'normal', text: 'Normal', color: '#4C8DD8' },
  { value: 'high', text: 'High', color: '#FFA439' },
  { value: 'urgent', text: 'Urgent', color: '#E35169' },
];

const invoiceStatus = [
  { value: 'draft', text: 'Draft', color: '#A2B5CD' },
  { value: 'sent', text: 'Sent', color: '#4C8DD8' },
  { value: 'paid', text: 'Paid', color: '#2ECDA7' },
  { value: 'overdue', text: 'Overdue', color: '#E35169' },
  { value: 'void', text: 'Void', color: '#A2B5CD' },
];

const services = [
  { value: 'identity', text: 'Brand identity', icon: 'fingerprint', color: '#6644FF' },
  { value: 'packaging', text: 'Packaging', icon: 'inventory_2', color: '#E07A4F' },
  { value: 'website', text: 'Website', icon: 'language', color: '#2D7FF9' },
  { value: 'product', text: 'Digital product', icon: 'devices', color: '#0F6E6E' },
  { value: 'campaign', text: 'Campaign', icon: 'campaign', color: '#E35169' },
  { value: 'editorial', text: 'Editorial', icon: 'auto_stories', color: '#A65D3F' },
  { value: 'signage', text: 'Signage', icon: 'signpost', color: '#3F784C' },
  { value: 'motion', text: 'Film and motion', icon: 'movie', color: '#7B2D43' },
];

const currencies = [
  { value: 'EUR', text: 'Euro' },
  { value: 'GBP', text: 'Pound sterling' },
  { value: 'USD', text: 'US dollar' },
];

const work = 'work';
const reference = 'reference';

/** All collections in the order in which they can be made. */
export const collections: readonly CollectionDefinition[] = [
  {
    collection: work,
    meta: { icon: 'palette', color: '#6644FF', note: 'What each agency keeps for itself', collapse: 'open', sort: 1 },
    schema: null,
    fields: [],
  },
  {
    collection: reference,
    meta: { icon: 'public', color: '#A2B5CD', note: 'One list for all agencies', collapse: 'open', sort: 2 },
    schema: null,
    fields: [],
  },
  {
    collection: 'countries',
    scope: 'shared',
    meta: { icon: 'flag', group: reference, sort: 1, display_template: '{{name}}', note: 'Where clients are' },
    schema: {},
    fields: [
      codeKey('code', 'Two letters, ISO 3166'),
      text('name', { required: true }),
      text('region'),
      text('currency', { note: 'Three letters, ISO 4217' }),
    ],
  },
  {
    collection: 'industries',
    scope: 'shared',
    meta: {
      icon: 'factory',
      group: reference,
      sort: 2,
      display_template: '{{icon}} {{name}}',
      note: 'What clients do',
    },
    schema: {},
    fields: [codeKey('key', 'Short name in lower case'), text('name', { required: true }), icon('icon')],
  },
  {
    collection: 'clients',
    scope: 'tenant',
    meta: {
      icon: 'handshake',
      color: '#2ECDA7',
      group: work,
      sort: 1,
      note: 'Who the agency works for',
      display_template: '{{name}}',
      archive_field: 'status',
      archive_value: 'archived',
      unarchive_value: 'active',
    },
    schema: {},
    fields: [
      uuidKey(),
      text('name', { required: true }),
      choice('status', clientStatus, 'prospect'),
      manyToOne('industry', 'string', '{{icon}} {{name}}'),
      manyToOne('country', 'string', '{{name}}'),
      text('contact_name'),
      text('contact_email'),
      text('website', { display: 'formatted-value' }),
      date('client_since'),
      markdown('notes', 'Only the agency itself reads this'),
      oneToMany('projects', ['name', 'status', 'due_date']),
      oneToMany('invoices', ['number', 'status', 'total']),
      ...timestamps(),
    ],
  },
  {
    collection: 'tags',
    scope: 'tenant',
    meta: { icon: 'sell', group: work, sort: 5, display_template: '{{name}}', note: 'Words that describe projects' },
    schema: {},
    fields: [
      uuidKey(),
      text('name', { required: true }),
      color('color'),
      manyToMany('projects', '{{projects_id.name}}'),
    ],
  },
  {
    collection: 'projects',
    scope: 'tenant',
    meta: {
      icon: 'architecture',
      color: '#6644FF',
      group: work,
      sort: 2,
      note: 'What the agency is hired for',
      display_template: '{{name}}',
      sort_field: 'sort',
      archive_field: 'status',
      archive_value: 'archived',
      unarchive_value: 'active',
    },
    schema: {},
    fields: [
      uuidKey(),
      image('cover'),
      text('name', { required: true }),
      choice('status', projectStatus, 'proposal'),
      manyToOne('client', 'uuid', '{{name}}', { required: true }),
      choice('service', services, 'identity'),
      person('lead'),
      decimal('budget', { note: 'In the currency of the agency' }),
      date('start_date'),
      date('due_date'),
      manyToMany('tags', '{{tags_id.color}} {{tags_id.name}}'),
      richText('description'),
      oneToMany('tasks', ['title', 'status', 'due']),
      files('gallery'),
      oneToMany('invoices', ['number', 'status', 'total']),
      sort(),
      ...timestamps(),
    ],
  },
  {
    collection: 'projects_tags',
    scope: 'tenant',
    meta: { icon: 'import_export', group: 'projects', hidden: true },
    schema: {},
    fields: [numberKey(), junctionKey('projects_id'), junctionKey('tags_id')],
  },
  {
    collection: 'projects_files',
    scope: 'tenant',
    meta: { icon: 'import_export', group: 'projects', hidden: true },
    schema: {},
    fields: [numberKey(), junctionKey('projects_id'), junctionKey('directus_files_id'), sort()],
  },
  {
    collection: 'tasks',
    scope: 'tenant',
    meta: {
      icon: 'task_alt',
      color: '#FFA439',
      group: work,
      sort: 3,
      note: 'What has to be done next',
      display_template: '{{title}}',
      sort_field: 'sort',
    },
    schema: {},
    fields: [
      uuidKey(),
      text('title', { required: true, width: 'full' }),
      choice('status', taskStatus, 'todo'),
      choice('priority', priorities, 'normal'),
      manyToOne('project', 'uuid', '{{name}}', { required: true }),
      person('assignee'),
      dateTime('due'),
      decimal('estimated_hours'),
      markdown('notes'),
      sort(),
      ...timestamps(),
    ],
  },
  {
    collection: 'invoices',
    scope: 'tenant',
    meta: {
      icon: 'receipt_long',
      color: '#2D7FF9',
      group: work,
      sort: 4,
      note: 'What clients owe',
      display_template: '{{number}} {{client.name}}',
      archive_field: 'status',
      archive_value: 'void',
      unarchive_value: 'draft',
    },
    schema: {},
    fields: [
      uuidKey(),
      text('number', { required: true }),
      choice('status', invoiceStatus, 'draft'),
      manyToOne('client', 'uuid', '{{name}}', { required: true }),
      manyToOne('project', 'uuid', '{{name}}'),
      date('issued_on'),
      date('due_on'),
      date('paid_on'),
      choice('currency', currencies, 'EUR'),
      oneToMany('lines', ['description', 'quantity', 'unit_price', 'amount']),
      decimal('total'),
      ...timestamps(),
    ],
  },
  {
    collection: 'invoice_lines',
    scope: 'tenant',
    meta: { icon: 'list', group: 'invoices', hidden: true, display_template: '{{description}}', sort_field: 'sort' },
    schema: {},
    fields: [
      numberKey(),
      junctionKey('invoice'),
      text('description', { required: true, width: 'full' }),
      decimal('quantity', { note: 'Hours or pieces' }),
      decimal('unit_price'),
      decimal('amount'),
      sort(),
    ],
  },
];

/** A row that may outlive what it points to. */
const optional = { on_delete: 'SET NULL' } as const;

/** A row that is nothing without what it belongs to. */
const part = { on_delete: 'CASCADE' } as const;

export const relations: readonly RelationDefinition[] = [
  { collection: 'clients', field: 'country', related_collection: 'countries', meta: {}, schema: optional },
  { collection: 'clients', field: 'industry', related_collection: 'industries', meta: {}, schema: optional },
  {
    collection: 'projects',
    field: 'client',
    related_collection: 'clients',
    meta: { one_field: 'projects' },
    schema: optional,
  },
  { collection: 'projects', field: 'lead', related_collection: 'directus_users', meta: {}, schema: optional },
  { collection: 'projects', field: 'cover', related_collection: 'directus_files', meta: {}, schema: optional },
  {
    collection: 'projects_tags',
    field: 'projects_id',
    related_collection: 'projects',
    meta: { one_field: 'tags', junction_field: 'tags_id', one_deselect_action: 'delete' },
    schema: part,
  },
  {
    collection: 'projects_tags',
    field: 'tags_id',
    related_collection: 'tags',
    meta: { one_field: 'projects', junction_field: 'projects_id', one_deselect_action: 'delete' },
    schema: part,
  },
  {
    collection: 'projects_files',
    field: 'projects_id',
    related_collection: 'projects',
    meta: {
      one_field: 'gallery',
      junction_field: 'directus_files_id',
      sort_field: 'sort',
      one_deselect_action: 'delete',
    },
    schema: part,
  },
  {
    collection: 'projects_files',
    field: 'directus_files_id',
    related_collection: 'directus_files',
    meta: { junction_field: 'projects_id' },
    schema: part,
  },
  {
    collection: 'tasks',
    field: 'project',
    related_collection: 'projects',
    meta: { one_field: 'tasks', sort_field: 'sort', one_deselect_action: 'delete' },
    schema: part,
  },
  { collection: 'tasks', field: 'assignee', related_collection: 'directus_users', meta: {}, schema: optional },
  {
    collection: 'invoices',
    field: 'client',
    related_collection: 'clients',
    meta: { one_field: 'invoices' },
    schema: optional,
  },
  {
    collection: 'invoices',
    field: 'project',
    related_collection: 'projects',
    meta: { one_field: 'invoices' },
    schema: optional,
  },
  {
    collection: 'invoice_lines',
    field: 'invoice',
    related_collection: 'invoices',
    meta: { one_field: 'lines', sort_field: 'sort', one_deselect_action: 'delete' },
    schema: part,
  },
];
