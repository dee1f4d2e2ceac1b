import { defineEndpoint } from '../../define.ts';
import { runtime } from '../../runtime.ts';
import { collectionsRouter } from './collections.ts';
import { doctorRouter } from './doctor.ts';
import { membersRouter } from './members.ts';
import { meRouter } from './me.ts';
import { tenantsRouter } from './tenants.ts';

export default defineEndpoint({
  id: 'tenancy',
  handler: (router, context) => {
    tenantsRouter(router, context);
    membersRouter(router, context);
    collectionsRouter(router, context);
    doctorRouter(router, context);
    meRouter(router, context);

    runtime.router = router;
    runtime.registered.add('endpoint');
  },
});
