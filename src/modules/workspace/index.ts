import { defineModule } from '@directus/extensions-sdk';
import { page } from '../../studio/utilities/pages.ts';
import { WORKSPACE } from '../../tenancy/managed.ts';
import { followSwitches } from './utilities/fresh-start.ts';
import { actsInTenant } from './utilities/membership.ts';

export default defineModule({
  id: WORKSPACE,
  name: 'Workspace',
  icon: 'workspaces',
  routes: [
    {
      path: '',
      component: page('WorkspaceRoute'),
      children: [
        { name: 'workspace-overview', path: '', component: page('OverviewRoute') },
        { name: 'workspace-members', path: 'members', component: page('MembersRoute') },
        { name: 'workspace-tokens', path: 'tokens', component: page('TokensRoute') },
      ],
    },
  ],
  // Directus asks at each login. Whoever belongs to no tenant is told nothing, and asks the server nothing more.
  preRegisterCheck(user) {
    const isMember = actsInTenant(user);
    if (isMember) followSwitches();
    return isMember;
  },
});
