import { authentication, createDirectus, graphql, rest, staticToken } from '@directus/sdk';

/** One error of Directus' error body. */
export interface ApiError {
  message: string;
  extensions: { code: string; field?: string; reason?: string };
}

/** An answer as it came over the wire. */
export interface Answer<Data = unknown> {
  status: number;
  data: Data;
  meta: Record<string, number> | undefined;
  errors: ApiError[];
  headers: Headers;
}

export interface RequestOptions {
  token?: string | null;
  body?: unknown;
  headers?: Record<string, string>;
}

/** A request as it is, for what the SDK hides: status codes, `meta`, cookies, methods. */
export async function send<Data = unknown>(
  url: string,
  method: string,
  path: string,
  { token, body, headers }: RequestOptions = {},
): Promise<Answer<Data>> {
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(body !== undefined && !(body instanceof FormData) && { 'Content-Type': 'application/json' }),
      ...(token && { Authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body !== undefined && { body: body instanceof FormData ? body : JSON.stringify(body) }),
  });

  const text = await response.text();
  const parsed = parseJson(text) as { data?: Data; meta?: Record<string, number>; errors?: ApiError[] } | undefined;

  return {
    status: response.status,
    data: (parsed?.data ?? parsed ?? text) as Data,
    meta: parsed?.meta,
    errors: parsed?.errors ?? [],
    headers: response.headers,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Somebody who is logged in: the SDK's client for what the SDK does well, and raw requests for the rest. */
export interface Account {
  email: string;
  token: string;
  refreshToken: string | null;
  sdk: ReturnType<typeof sdkClient>;
  send<Data = unknown>(method: string, path: string, body?: unknown): Promise<Answer<Data>>;
}

function sdkClient(url: string, token: string) {
  return createDirectus(url).with(staticToken(token)).with(rest()).with(graphql());
}

/** An account that acts with a token that is there already. */
export function accountWithToken(url: string, token: string, email = ''): Account {
  return {
    email,
    token,
    refreshToken: null,
    sdk: sdkClient(url, token),
    send: (method, path, body) => send(url, method, path, { token, body }),
  };
}

/** Logs in with e-mail address and password, as a client with JSON tokens. */
export async function login(url: string, { email, password }: { email: string; password: string }): Promise<Account> {
  const client = createDirectus(url)
    .with(authentication('json', { autoRefresh: false }))
    .with(rest());
  const { access_token: token, refresh_token: refreshToken } = await client.login({ email, password });
  return { ...accountWithToken(url, token!, email), refreshToken };
}

/** What became of a request of the SDK: its data, or the status and errors with which it was refused. */
export async function outcome<Data>(
  request: Promise<Data>,
): Promise<{ data: Data; refused: false } | { refused: true; status: number; errors: ApiError[] }> {
  try {
    return { data: await request, refused: false };
  } catch (error) {
    const { errors, response } = error as { errors?: ApiError[]; response?: Response };
    if (!errors || !response) throw error;
    return { refused: true, status: response.status, errors };
  }
}
