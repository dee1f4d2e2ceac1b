import { defineDisplay } from '@directus/extensions-sdk';
import TenantPlaceholder from './tenant-placeholder.ts';

/** The tenant that a row belongs to, for super-admins. */
export default defineDisplay({
  id: 'tenancy-tenant',
  name: 'Tenant',
  icon: 'domain',
  component: TenantPlaceholder,
  options: null,
  types: ['uuid'],
  localTypes: ['m2o'],
  fields: ['name', 'status'],
});
