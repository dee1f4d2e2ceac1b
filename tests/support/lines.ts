/** Hands over each line of an answer of NDJSON as soon as it has come, and answers all of them. */
export async function followLines(
  response: Response,
  seen: (line: Record<string, unknown>) => void = () => undefined,
): Promise<Record<string, unknown>[]> {
  const lines: Record<string, unknown>[] = [];
  let rest = '';

  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop()!;
    for (const part of parts) {
      const line = JSON.parse(part) as Record<string, unknown>;
      lines.push(line);
      seen(line);
    }
  }

  return lines;
}
