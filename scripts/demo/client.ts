import { setTimeout } from 'node:timers/promises';
import {
  authentication,
  createDirectus,
  rest,
  type AuthenticationClient,
  type DirectusClient,
  type RestClient,
} from '@directus/sdk';
import type { Row } from './rows.ts';

/** The collections that the demo writes to by themselves; rows of the others are nested in these. */
export type ContentCollection = 'countries' | 'industries' | 'tags' | 'clients' | 'projects' | 'tasks' | 'invoices';

type DemoSchema = { [Collection in ContentCollection]: Row[] };

export type Client = DirectusClient<DemoSchema> & AuthenticationClient<DemoSchema> & RestClient<DemoSchema>;

/** How often a request is repeated that Directus was too busy for. */
const attempts = 30;

/** Logs in; the client renews its token by itself until `logout()`. */
export async function logIn(url: string, account: { email: string; password: string }): Promise<Client> {
  const client = createDirectus<DemoSchema>(url, { globals: { fetch: patientFetch } })
    .with(authentication('json'))
    .with(rest());
  // A copy, because the client writes into it.
  await client.login({ ...account });
  return client;
}

/** Repeats what Directus refused for the moment: on a slow machine, or with a rate limit passed to the demo. */
async function patientFetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  for (let attempt = 1; ; attempt += 1) {
    const response = await fetch(input, init);
    const isRefusedForNow = response.status === 429 || response.status === 503;
    if (!isRefusedForNow || attempt === attempts) return response;
    await setTimeout(1000 * Math.max(1, Number(response.headers.get('retry-after')) || 0));
  }
}
