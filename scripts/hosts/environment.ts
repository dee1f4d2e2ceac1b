/** The first user of a Directus project, with admin access. */
export interface SuperAdmin {
  email: string;
  password: string;
}

export const defaultSuperAdmin: SuperAdmin = { email: 'admin@example.com', password: 'super-admin-password' };

/** What every Directus that we run starts from; whoever runs it can override each of these by an environment variable. */
const defaults = {
  // Only for the demo and the tests: a fixed secret lets sessions survive a restart.
  SECRET: 'only-for-demo-and-tests-0123456789abcdef',
  KEY: '00000000-0000-4000-8000-000000000000',
  LOG_LEVEL: 'warn',
  LOG_STYLE: 'raw',
  TELEMETRY: 'false',
  CACHE_ENABLED: 'false',
  RATE_LIMITER_ENABLED: 'false',
  // Several hosts share few cores here: being slow is no reason to refuse.
  PRESSURE_LIMITER_ENABLED: 'false',
  WEBSOCKETS_ENABLED: 'true',
  // Mail goes to a program that swallows it.
  EMAIL_TRANSPORT: 'sendmail',
  EMAIL_SENDMAIL_PATH: 'true',
  EMAIL_VERIFY_SETUP: 'false',
  STORAGE_LOCATIONS: 'local',
  STORAGE_LOCAL_DRIVER: 'local',
  STORAGE_LOCAL_ROOT: './uploads',
  EXTENSIONS_PATH: './extensions',
};

/** Variables of the program that starts Directus which are none of Directus' business. */
const foreign = /^(npm_.*|INIT_CWD|VITEST.*|TEST|NODE_ENV|NODE_OPTIONS|NODE_V8_COVERAGE|NODE_CHANNEL_.*)$/i;

/**
 * The environment of a Directus: defaults, overridden by the user's environment, overridden by `layers` from left to
 * right.
 */
export function directusEnvironment(
  user: NodeJS.ProcessEnv,
  ...layers: Record<string, string>[]
): Record<string, string> {
  const own: Record<string, string> = {};
  for (const [name, value] of Object.entries(user)) {
    if (value !== undefined && !foreign.test(name)) own[name] = value;
  }
  return [defaults, own, ...layers].reduce((result, layer) => ({ ...result, ...layer }), {});
}

export function superAdminEnvironment(superAdmin: SuperAdmin): Record<string, string> {
  return { ADMIN_EMAIL: superAdmin.email, ADMIN_PASSWORD: superAdmin.password };
}
