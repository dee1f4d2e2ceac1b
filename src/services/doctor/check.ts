import type { Finding } from '../../tenancy/doctor/report.ts';
import type { RecordedScopes } from '../../tenancy/scopes.ts';
import type { FullAccess, ServiceContext } from '../directus.ts';

/** What a check looks at. */
export interface DoctorContext extends ServiceContext {
  /** Directus' services, with a schema that was just read. */
  access: FullAccess;
  recorded: RecordedScopes;
  /** Where the doctor works: in a Directus that answers requests, or in a command that ends by itself. */
  place: DoctorPlace;
}

export type DoctorPlace = 'server' | 'command';

/** One thing that isolation depends on. */
export interface Check {
  readonly id: string;
  examine(context: DoctorContext): Finding | Promise<Finding>;
  /**
   * Mends what can be mended without a decision of somebody who knows the project; the second time there is nothing to do.
   * Answers what was done, null where nothing was.
   */
  mend?(context: DoctorContext): Promise<string | null>;
}
