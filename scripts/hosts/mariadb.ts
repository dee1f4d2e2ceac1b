import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findFreePort } from './ports.ts';
import { findProgram } from './programs.ts';
import { ServerMissingError, startServerProgram, type Server } from './server.ts';

const run = promisify(execFile);

const user = 'tenancy';
const password = 'tenancy';

/**
 * A MariaDB (or MySQL) server: the one of `TEST_MYSQL_URL` when that is set, else the system's own MariaDB, which listens on
 * the loopback interface only, keeps nothing and ends with this process.
 *
 * @throws ServerMissingError where there is neither
 */
export async function startMariadb(): Promise<Server> {
  const url = process.env.TEST_MYSQL_URL;
  if (url) return { url, stop: () => Promise.resolve() };

  const program = findProgram('mariadbd');
  const installer = findProgram('mariadb-install-db');
  if (!program || !installer) {
    throw new ServerMissingError(
      'There is no MariaDB: install its server (Debian: apt-get install mariadb-server; the service need not run), or set ' +
        'TEST_MYSQL_URL to the address of a server with a user who may create databases, for example ' +
        'mysql://root:password@127.0.0.1:3306/mysql.',
    );
  }

  const port = await findFreePort();
  // MariaDB refuses to run as root unless it is told to.
  const asRoot = process.getuid?.() === 0 ? ['--user=root'] : [];

  const server = await startServerProgram('mariadb', async (directory) => {
    const data = join(directory, 'data');
    // A server that starts empties the folder for temporary tables, whoever uses it.
    const temporary = join(directory, 'temporary');
    await mkdir(temporary);
    const firstStatements = join(directory, 'first.sql');
    await run(installer, [
      ...['--no-defaults', ...asRoot, `--datadir=${data}`, '--skip-test-db', '--skip-name-resolve'],
      '--auth-root-authentication-method=normal',
    ]);
    await writeFile(
      firstStatements,
      `CREATE USER '${user}'@'127.0.0.1' IDENTIFIED BY '${password}';\nGRANT ALL ON *.* TO '${user}'@'127.0.0.1';\n`,
    );
    return {
      program,
      parameters: [
        ...['--no-defaults', ...asRoot, `--datadir=${data}`, `--init-file=${firstStatements}`, `--tmpdir=${temporary}`],
        ...[`--port=${port}`, '--bind-address=127.0.0.1', `--socket=${join(directory, 'socket')}`],
        ...[`--pid-file=${join(directory, 'pid')}`, '--skip-name-resolve', '--max-connections=300'],
        // The collation of Directus' own connections: against another one it cannot compare many-to-any keys.
        ...['--character-set-server=utf8mb4', '--collation-server=utf8mb4_unicode_ci'],
        // Nothing has to survive a crash.
        ...['--innodb-flush-log-at-trx-commit=0', '--innodb-doublewrite=0', '--innodb-flush-method=nosync'],
      ],
      readyText: 'ready for connections',
    };
  });
  return { ...server, url: `mysql://${user}:${password}@127.0.0.1:${port}/mysql` };
}
