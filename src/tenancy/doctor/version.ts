/** The versions of Directus that the tests of this extension run against. */
export const TESTED_VERSIONS = ['11.17', '12.4'] as const;

/** Whether a version of Directus is one of {@link TESTED_VERSIONS}, whatever its last number. */
export function isTestedVersion(version: string): boolean {
  return TESTED_VERSIONS.some((tested) => version === tested || version.startsWith(`${tested}.`));
}
