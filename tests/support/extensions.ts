import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Puts somebody else's extension into the folder of a Directus that is not started yet. */
export async function addExtension(
  directory: string,
  { name, type, code }: { name: string; type: 'endpoint' | 'hook'; code: string },
): Promise<void> {
  const folder = join(directory, 'extensions', name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'index.js'), code);

  const extension = { type, path: 'index.js', source: 'index.js', host: '^11.0.0' };
  const manifest = { name, version: '1.0.0', type: 'module', 'directus:extension': extension };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
}
