import { defineDisplay } from '@directus/extensions-sdk';
import TenantDisplay from './tenant-display.vue';

/** The tenant that a row belongs to, for super-admins. */
export default defineDisplay({
  id: 'tenancy-tenant',
  name: 'Tenant',
  icon: 'domain',
  component: TenantDisplay,
  options: null,
  types: ['uuid'],
  localTypes: ['m2o'],
  fields: ['name', 'status'],
});
