import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/**
 * What a person reads. Colours go when the stream is no terminal, or NO_COLOR says so (`styleText` looks at both), so
 * piped output is plain.
 */
export function paint(stream: NodeJS.WriteStream, style: Style, text: string): string {
  return styleText(style, text, { stream, validateStream: true });
}

export function say(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** For machines: one object on one line, the last of standard output. */
export function sayJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Progress and remarks, apart from the answer. */
export function remark(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Can lines be drawn over? Not in a file, a pipe, or a terminal that says it knows no more than lines. */
export function isLive(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY && process.env['TERM'] !== 'dumb';
}

/** Columns of a terminal, or of a page where there is none. */
export function columnsOf(stream: NodeJS.WriteStream): number {
  // A pseudo-terminal that nobody has given a size says 0.
  return stream.isTTY && stream.columns > 0 ? stream.columns : 80;
}

/** One line that is drawn over by the next; nothing where that cannot be. */
export function progress(text: string): void {
  if (isLive(process.stderr)) process.stderr.write(`\r${shorten(text, columnsOf(process.stderr) - 1)}\u001b[K`);
}

export function clearProgress(): void {
  if (isLive(process.stderr)) process.stderr.write('\r\u001b[K');
}

export function plural(value: number, noun: string, nouns = `${noun}s`): string {
  return `${count(value)} ${Math.round(value) === 1 ? noun : nouns}`;
}

export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** Columns padded to their widest cell; control characters shown as what they are. */
export function table(rows: readonly (readonly string[])[], indent = '  '): string {
  const clean = rows.map((row) => row.map((cell) => printable(cell)));
  const widths: number[] = [];
  for (const row of clean) for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length);
  return clean
    .map(
      (row) =>
        indent +
        row
          .map((cell, at) => cell.padEnd(widths[at] ?? 0))
          .join('  ')
          .trimEnd(),
    )
    .join('\n');
}

/** Cells may come from a database: a terminal must not obey them. */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- these are what is looked for
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '�');
}

export function shorten(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

/** In steps of half a column. */
export function bar(share: number, width: number): string {
  const halves = Math.max(0, Math.min(2 * width, Math.floor(share * 2 * width)));
  const done = '━'.repeat(halves >> 1) + (halves % 2 === 1 ? '╸' : '');
  return paint(process.stderr, 'cyan', done) + paint(process.stderr, 'dim', '─'.repeat(width - done.length));
}
