import { startPostgres } from '../../scripts/hosts/postgres.ts';
import type { DatabaseKind } from '../../scripts/hosts/databases.ts';
import { timesOfKinds, type Times } from './calls.ts';
import type { Size } from './content.ts';
import { resultOf, tell } from './result.ts';
import { ratioOf, type Ratio } from './statistics.ts';
import { startVariant, type Variant, type VariantName } from './variants.ts';

/** A Directus that is to be compared with others. */
interface Compared {
  name: VariantName;
  size: Size;
  /** What the column is called; the name when left out. */
  label?: string;
  /** Variables of Directus beside those that all of them have. */
  settings?: Record<string, string>;
}

interface Comparison {
  database: DatabaseKind;
  rounds: number;
  /** What was measured, and how, between the name of the database and the number of rounds. */
  text: string;
  /** The file that keeps the result for programs. */
  json: string | undefined;
}

/**
 * How often all that is compared is started for a share of the rounds. Two processes of the same Directus differ by up to a twentieth
 * for as long as they live, so that one of each would tell as much about them as about what they run.
 */
const STARTS = 10;

/** Measures all kinds of requests of a member, beside the first of those that are compared, and tells the ratios. */
export async function compare(
  compared: readonly Compared[],
  { database, rounds, text, json }: Comparison,
): Promise<void> {
  const server = database === 'postgres' ? await startPostgres() : undefined;
  const variants: Variant[] = [];

  try {
    for (const { name, size, label = name, settings } of compared) {
      variants.push({ ...(await startVariant(name, database, size, server?.url, settings)), label });
    }

    const times: Times = {};

    for (let start = 0; start < STARTS; start += 1) {
      if (start > 0) for (const variant of variants) Object.assign(variant, await variant.restart());

      for (const [kind, taken] of Object.entries(await timesOfKinds(variants, Math.ceil(rounds / STARTS)))) {
        times[kind] = taken.map((some, place) => [...(times[kind]?.[place] ?? []), ...some]);
      }
    }

    const ratios = Object.fromEntries(Object.entries(times).map(([kind, taken]) => [kind, ratiosOf(variants, taken)]));
    await tell(resultOf(`${database}, ${text}, ${rounds} rounds, ${STARTS} starts.`, ratios), json);
  } finally {
    for (const variant of variants) await variant.remove();
    await server?.stop();
  }
}

/** By label, beside the first of the variants. */
function ratiosOf(variants: readonly Variant[], [base = [], ...others]: readonly number[][]): Record<string, Ratio> {
  return Object.fromEntries(others.map((times, place) => [variants[place + 1]?.label ?? '', ratioOf(times, base)]));
}
