import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What stands in for a mail server: the program to which Directus' own mail client hands each message. */
export class Mailbox {
  private readonly folder = mkdtempSync(join(tmpdir(), 'tenancy-mail-'));

  /** What Directus has to be started with. */
  readonly env: Record<string, string>;

  constructor() {
    const program = join(this.folder, 'sendmail');
    writeFileSync(
      program,
      `#!/bin/sh\ncat > "${this.folder}/$$.part" && mv "${this.folder}/$$.part" "${this.folder}/$$.eml"\n`,
    );
    chmodSync(program, 0o755);
    this.env = { EMAIL_TRANSPORT: 'sendmail', EMAIL_SENDMAIL_PATH: program };
  }

  /** The messages to an address, as text. */
  messagesTo(address: string): string[] {
    return readdirSync(this.folder)
      .filter((name) => name.endsWith('.eml'))
      .map((name) => decoded(readFileSync(join(this.folder, name), 'utf8')))
      .filter((message) => message.includes(`To: ${address}`));
  }

  /** The tokens in the links of the messages to an address. */
  tokensTo(address: string): string[] {
    return this.messagesTo(address).flatMap((message) => /[?&]token=([\w.-]+)/.exec(message)?.[1] ?? []);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** The text of a message without the marks that keep its lines short (quoted-printable). */
function decoded(message: string): string {
  return message
    .replaceAll('\r', '')
    .replaceAll('=\n', '')
    .replace(/=([0-9A-F]{2})/g, (_mark, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}
