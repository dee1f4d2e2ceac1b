import type { Type } from '@directus/types';

/** A field as `POST /collections` takes it. */
export interface FieldDefinition {
  field: string;
  type: Type;
  meta: FieldMeta;
  schema?: FieldColumn;
}

interface FieldMeta {
  interface?: string;
  options?: Record<string, unknown>;
  display?: string;
  display_options?: Record<string, unknown>;
  special?: string[];
  width?: 'half' | 'full';
  note?: string;
  hidden?: boolean;
  readonly?: boolean;
  required?: boolean;
}

interface FieldColumn {
  is_primary_key?: boolean;
  has_auto_increment?: boolean;
  is_nullable?: boolean;
  default_value?: string | number;
  max_length?: number;
  numeric_precision?: number;
  numeric_scale?: number;
}

/** One of the values of a field with fixed choices. */
export interface Choice {
  value: string;
  text: string;
  icon?: string;
  color?: string;
}

/** Key of rows that people make: random, so that nobody can count the rows of others. */
export function uuidKey(): FieldDefinition {
  return {
    field: 'id',
    type: 'uuid',
    meta: { special: ['uuid'], interface: 'input', hidden: true, readonly: true },
    schema: { is_primary_key: true },
  };
}

/** Key of rows that nobody points to, as the lines of an invoice. */
export function numberKey(): FieldDefinition {
  return {
    field: 'id',
    type: 'integer',
    meta: { interface: 'input', hidden: true, readonly: true },
    schema: { is_primary_key: true, has_auto_increment: true },
  };
}

/** Key of reference data: a code that everybody knows. */
export function codeKey(field: string, note: string): FieldDefinition {
  return {
    field,
    type: 'string',
    meta: { interface: 'input', width: 'half', required: true, note },
    schema: { is_primary_key: true, max_length: 32, is_nullable: false },
  };
}

export function text(field: string, meta: FieldMeta = {}): FieldDefinition {
  return {
    field,
    type: 'string',
    meta: { interface: 'input', width: 'half', ...meta },
    schema: { is_nullable: !meta.required },
  };
}

/** HTML from the Studio's rich text editor. */
export function richText(field: string): FieldDefinition {
  return {
    field,
    type: 'text',
    meta: {
      interface: 'input-rich-text-html',
      options: { toolbar: ['bold', 'italic', 'h2', 'h3', 'bullist', 'numlist', 'customLink', 'blockquote', 'code'] },
      display: 'formatted-value',
    },
  };
}

export function markdown(field: string, note?: string): FieldDefinition {
  return { field, type: 'text', meta: { interface: 'input-rich-text-md', note } };
}

/** One of a few fixed values, shown as a coloured label. */
export function choice(field: string, choices: readonly Choice[], fallback: string): FieldDefinition {
  return {
    field,
    type: 'string',
    meta: {
      interface: 'select-dropdown',
      width: 'half',
      options: { choices },
      display: 'labels',
      display_options: {
        choices: choices.map(({ value, text: label, color }) => ({
          value,
          text: label,
          foreground: color,
          background: color && `${color}22`,
        })),
      },
    },
    schema: { default_value: fallback, is_nullable: false },
  };
}

export function date(field: string): FieldDefinition {
  return {
    field,
    type: 'date',
    meta: { interface: 'datetime', width: 'half', display: 'datetime', display_options: { format: 'short' } },
  };
}

/** A moment that matters as a distance: "in 3 days". */
export function dateTime(field: string): FieldDefinition {
  return {
    field,
    type: 'dateTime',
    meta: { interface: 'datetime', width: 'half', display: 'datetime', display_options: { relative: true } },
  };
}

/** An exact decimal number: money and quantities. */
export function decimal(field: string, meta: FieldMeta = {}): FieldDefinition {
  return {
    field,
    type: 'decimal',
    meta: {
      interface: 'input',
      width: 'half',
      options: { min: 0, step: 0.01 },
      display: 'formatted-value',
      display_options: { format: true },
      ...meta,
    },
    schema: { numeric_precision: 12, numeric_scale: 2 },
  };
}

export function color(field: string): FieldDefinition {
  return { field, type: 'string', meta: { interface: 'select-color', width: 'half', display: 'color' } };
}

export function icon(field: string): FieldDefinition {
  return { field, type: 'string', meta: { interface: 'select-icon', width: 'half', display: 'icon' } };
}

/** Position among its siblings, set by dragging. */
export function sort(): FieldDefinition {
  return { field: 'sort', type: 'integer', meta: { interface: 'input', hidden: true } };
}

/** When a row was made and last changed; Directus fills both. */
export function timestamps(): FieldDefinition[] {
  const timestamp = (field: string, special: string): FieldDefinition => ({
    field,
    type: 'timestamp',
    meta: {
      special: [special],
      interface: 'datetime',
      width: 'half',
      readonly: true,
      hidden: true,
      display: 'datetime',
      display_options: { relative: true },
    },
  });
  return [timestamp('date_created', 'date-created'), timestamp('date_updated', 'date-updated')];
}

/** The column of a many-to-one relation, shown by `template`. */
export function manyToOne(
  field: string,
  type: 'uuid' | 'string',
  template: string,
  meta: FieldMeta = {},
): FieldDefinition {
  return {
    field,
    type,
    meta: {
      special: ['m2o'],
      interface: 'select-dropdown-m2o',
      width: 'half',
      options: { template },
      display: 'related-values',
      display_options: { template },
      ...meta,
    },
    schema: type === 'string' ? { max_length: 32 } : {},
  };
}

/** The column that points to a person of the same tenant. */
export function person(field: string): FieldDefinition {
  return manyToOne(field, 'uuid', '{{first_name}} {{last_name}}', {
    display: 'user',
    display_options: { display: 'name' },
  });
}

/** The column of an image. */
export function image(field: string): FieldDefinition {
  return {
    field,
    type: 'uuid',
    meta: { special: ['file'], interface: 'file-image', display: 'image' },
    schema: {},
  };
}

/** The other side of a many-to-one relation, as a table of `fields`. */
export function oneToMany(field: string, fields: string[], meta: FieldMeta = {}): FieldDefinition {
  return {
    field,
    type: 'alias',
    meta: {
      special: ['o2m'],
      interface: 'list-o2m',
      options: { layout: 'table', fields, enableSelect: false },
      display: 'related-values',
      ...meta,
    },
  };
}

/** One side of a many-to-many relation. */
export function manyToMany(field: string, template: string, meta: FieldMeta = {}): FieldDefinition {
  return {
    field,
    type: 'alias',
    meta: {
      special: ['m2m'],
      interface: 'list-m2m',
      options: { template },
      display: 'related-values',
      display_options: { template },
      ...meta,
    },
  };
}

/** Several files in an order. */
export function files(field: string): FieldDefinition {
  return { field, type: 'alias', meta: { special: ['files'], interface: 'files', display: 'related-values' } };
}

/** The column of a junction collection. */
export function junctionKey(field: string): FieldDefinition {
  return { field, type: 'uuid', meta: { hidden: true }, schema: {} };
}
