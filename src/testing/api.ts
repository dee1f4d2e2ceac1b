/** An answer of Directus. */
export interface Answer {
  status: number;
  data: unknown;
  /** The whole body, as text. */
  text: string;
}

/** Asks a Directus in the name of one user. */
export class ApiClient {
  private readonly url: string;
  private readonly token: string;

  constructor(url: string, token: string) {
    this.url = url.replace(/\/$/, '');
    this.token = token;
  }

  async ask(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        Authorization: `Bearer ${this.token}`,
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });

    const text = await response.text();
    return { status: response.status, data: dataIn(text), text };
  }

  /** @throws Error for anything but success */
  async must<Data>(method: string, path: string, body?: unknown): Promise<Data> {
    const { status, data, text } = await this.ask(method, path, body);
    if (status >= 300) throw new Error(`${method} ${path} answered ${status}: ${text.slice(0, 500)}`);
    return data as Data;
  }

  /** The same Directus in the name of somebody who logs in. */
  async loggedIn(email: string, password: string): Promise<ApiClient> {
    const { access_token: token } = await this.must<{ access_token: string }>('POST', '/auth/login', {
      email,
      password,
    });
    return new ApiClient(this.url, token);
  }
}

function dataIn(text: string): unknown {
  try {
    const body = JSON.parse(text) as { data?: unknown };
    return body.data ?? body;
  } catch {
    return text;
  }
}
