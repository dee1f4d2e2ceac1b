import { findingOf } from '../../tenancy/doctor/report.ts';
import { say } from '../../tenancy/sentences.ts';
import { listCollections } from '../collections.ts';
import type { Check } from './check.ts';

/** Whether somebody decided what every collection is. */
export const collections: Check = {
  id: 'collections',
  async examine(context) {
    const findings = (await listCollections(context)).flatMap(({ collection, findings: found }) =>
      found.map((finding) => `${collection}: ${finding}`),
    );

    return findingOf(
      findings.length === 0
        ? []
        : [
            {
              status: 'warn',
              message: findings.join(' '),
              fix: say('Decide the scope of these collections with PUT /tenancy/collections/:collection.'),
            },
          ],
      say('Every collection has a scope and every row an owner.'),
    );
  },
};
