import { open, stat } from 'node:fs/promises';

const mostBytes = 16_384;

export async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch {
    return 0;
  }
}

/** What the file got since it was `from` bytes long: the end of it, if that is much. */
export async function readSince(file: string, from: number): Promise<string> {
  try {
    await using handle = await open(file, 'r');
    const { size } = await handle.stat();
    const start = Math.max(from, size - mostBytes);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(Math.max(size - start, 1)), { position: start });
    return buffer.toString('utf8', 0, bytesRead);
  } catch {
    return '';
  }
}
