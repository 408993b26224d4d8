import { fileURLToPath } from 'node:url';

/** What is sent, and to which pipeline. */
export interface Load {
  readonly name: string;
  /** MASQUE_PIPELINE. */
  readonly pipeline: string;
  /** One character of the padding; its bytes decide how JavaScript holds the text. */
  readonly padding: string;
  /** So many messages of the usual size go first. */
  readonly lightFirst?: number;
}

const roomy = fileURLToPath(new URL('./roomy.ts', import.meta.url));

export const loads: readonly Load[] = [
  // Over the pipeline's own limit: a body is sealed once more, to the custodian, and goes all the way.
  { name: 'refused', pipeline: 'user-logins', padding: 'x' },
  // A character beyond Latin-1 makes V8 hold two bytes for each.
  { name: 'refused-wide', pipeline: 'user-logins', padding: '漢' },
  { name: 'loaded', pipeline: roomy, padding: 'x' },
  { name: 'loaded-wide', pipeline: roomy, padding: '漢' },
  // Who has only seen small ones asks for ten at once.
  { name: 'sudden', pipeline: roomy, padding: '漢', lightFirst: 2_000 },
];

/** A body of so many bytes. */
export function bodyOf({ padding }: Load, at: number, bytes: number): string {
  const frame = JSON.stringify({ user_id: `user-${at}`, ip: '203.0.113.7', note: '' });
  const each = Buffer.byteLength(padding);
  const left = bytes - Buffer.byteLength(frame);
  const note = padding.repeat(Math.floor(left / each)) + ' '.repeat(left % each);
  return frame.replace('"note":""', () => `"note":"${note}"`);
}
