import { defineModule } from '@directus/extensions-sdk';
import { page } from '../../studio/utilities/pages.ts';

export default defineModule({
  id: 'tenants',
  name: 'Tenants',
  icon: 'domain',
  routes: [
    {
      path: '',
      component: page('ModuleRoute'),
      children: [
        { name: 'tenants-list', path: '', component: page('TenantsRoute') },
        // No slug begins with a hyphen, so none of these is a tenant's.
        { name: 'tenants-collections', path: '-/collections', component: page('CollectionsRoute') },
        {
          name: 'tenants-collection',
          path: '-/collections/:collection',
          component: page('CollectionRoute'),
          props: true,
        },
        { name: 'tenants-health', path: '-/health', component: page('HealthRoute') },
        { name: 'tenants-item', path: ':id', component: page('TenantRoute'), props: true },
        { name: 'tenants-content', path: ':id/content/:collection', component: page('ContentRoute'), props: true },
      ],
    },
  ],
  // The endpoints refuse everybody else anyway: this only keeps a module out of sight that would show nothing but refusals.
  preRegisterCheck: (user) => 'admin_access' in user && user.admin_access,
});
