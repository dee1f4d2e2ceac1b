import { describe, expect, test } from 'vitest';
import { agencies } from '../../../scripts/demo/content/index.ts';
import { planSeed, type License } from '../../../scripts/demo/plan.ts';

const license = (seats: License['entitlements']['seats']): License => ({
  entitlements: { seats },
});

describe('what is seeded', () => {
  test('is everything where there is no licence to look at', () => {
    expect(planSeed(agencies, undefined)).toEqual({ agencies });
  });

  test('is everything when seats are unlimited or enough', () => {
    for (const seats of [{ limit: -1 }, { limit: 3, addon: -1 }, { limit: 5, overage: 2, addon: 3 }]) {
      expect(planSeed(agencies, license(seats))).toEqual({ agencies });
    }
  });

  test('keeps to the seats of Directus 12 without a licence', () => {
    const plan = planSeed(agencies, license({ limit: 3 }));
    expect(plan.agencies).toHaveLength(2);
    for (const { people } of plan.agencies) expect(people.map(({ level }) => level)).toEqual(['owner', 'api', 'api']);
  });
});
