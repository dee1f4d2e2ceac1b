import { defineModule } from '@directus/extensions-sdk';
import ContentRoute from './routes/content.vue';
import TenantRoute from './routes/tenant.vue';
import TenantsRoute from './routes/tenants.vue';

export default defineModule({
  id: 'tenants',
  name: 'Tenants',
  icon: 'domain',
  routes: [
    { name: 'tenants-list', path: '', component: TenantsRoute },
    { name: 'tenants-item', path: ':id', component: TenantRoute, props: true },
    { name: 'tenants-content', path: ':id/content/:collection', component: ContentRoute, props: true },
  ],
  // The endpoints refuse everybody else anyway: this only keeps a module out of sight that would show nothing but refusals.
  preRegisterCheck: (user) => 'admin_access' in user && user.admin_access,
});
