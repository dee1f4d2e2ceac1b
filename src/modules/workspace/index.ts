import { defineModule } from '@directus/extensions-sdk';
import { WORKSPACE } from '../../tenancy/managed.ts';
import MembersRoute from './routes/members.vue';
import OverviewRoute from './routes/overview.vue';
import TokensRoute from './routes/tokens.vue';
import WorkspaceRoute from './routes/workspace.vue';
import { followSwitches } from './utilities/fresh-start.ts';
import { actsInTenant } from './utilities/membership.ts';

export default defineModule({
  id: WORKSPACE,
  name: 'Workspace',
  icon: 'workspaces',
  routes: [
    {
      path: '',
      component: WorkspaceRoute,
      children: [
        { name: 'workspace-overview', path: '', component: OverviewRoute },
        { name: 'workspace-members', path: 'members', component: MembersRoute },
        { name: 'workspace-tokens', path: 'tokens', component: TokensRoute },
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
