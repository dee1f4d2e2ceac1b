/** Tells the person at the terminal what is going on. Standard output is left to what a command prints as its result. */
export function reportProgress(message: string): void {
  process.stderr.write(`${message}\n`);
}
