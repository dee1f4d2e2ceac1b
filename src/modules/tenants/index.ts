import { defineModule } from '@directus/extensions-sdk';
import CollectionRoute from './routes/collection.vue';
import CollectionsRoute from './routes/collections.vue';
import ContentRoute from './routes/content.vue';
import HealthRoute from './routes/health.vue';
import ModuleRoute from './routes/module.vue';
import TenantRoute from './routes/tenant.vue';
import TenantsRoute from './routes/tenants.vue';

export default defineModule({
  id: 'tenants',
  name: 'Tenants',
  icon: 'domain',
  routes: [
    {
      path: '',
      component: ModuleRoute,
      children: [
        { name: 'tenants-list', path: '', component: TenantsRoute },
        // No slug begins with a hyphen, so none of these is a tenant's.
        { name: 'tenants-collections', path: '-/collections', component: CollectionsRoute },
        { name: 'tenants-collection', path: '-/collections/:collection', component: CollectionRoute, props: true },
        { name: 'tenants-health', path: '-/health', component: HealthRoute },
        { name: 'tenants-item', path: ':id', component: TenantRoute, props: true },
        { name: 'tenants-content', path: ':id/content/:collection', component: ContentRoute, props: true },
      ],
    },
  ],
  // The endpoints refuse everybody else anyway: this only keeps a module out of sight that would show nothing but refusals.
  preRegisterCheck: (user) => 'admin_access' in user && user.admin_access,
});
