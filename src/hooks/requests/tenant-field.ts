import type { Accountability, SchemaOverview } from '@directus/types';
import type { Request, Response } from 'express';
import { TENANT_FIELD } from '../../tenancy/managed.ts';
import { hasTenantField } from '../../tenancy/scopes.ts';
import { rewriteAnswer } from './answers.ts';

interface FieldRow {
  collection: string;
  field: string;
  meta: Record<string, unknown> | null;
}

/**
 * Hides the field `tenant_id` in the Data Studio from everybody but super-admins: in a tenant it says the same in every row.
 * Directus can hide a field from everybody or from nobody, so the answer that the Studio builds its forms and tables from is
 * changed on its way out.
 */
export function hideTenantField(request: Request, response: Response): void {
  if (request.method === 'GET' && /^\/fields(\/|$)/i.test(request.path)) rewriteAnswer(response, withoutTenantField);
}

function withoutTenantField(body: unknown, { req: request }: Response): unknown {
  const { accountability, schema } = request as Request & {
    accountability?: Accountability;
    schema?: SchemaOverview;
  };
  if (accountability?.admin) return body;

  const data = (body as { data?: FieldRow | FieldRow[] | null } | null)?.data;
  if (!data) return body;

  const view = (row: FieldRow): FieldRow => {
    const isOurs = row.field === TENANT_FIELD && schema && hasTenantField(row.collection, schema);
    return isOurs ? { ...row, meta: { ...row.meta, hidden: true } } : row;
  };

  return { ...(body as object), data: Array.isArray(data) ? data.map(view) : view(data) };
}
