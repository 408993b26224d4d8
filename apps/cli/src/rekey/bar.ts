import { bar, columnsOf, count, progress } from '../output/terminal.ts';
import type { RekeyProgress } from './rekey.ts';

/** One line on a terminal: which walk through the table, how far, and how fast. */
export function createRekeyBar(): (progress: RekeyProgress) => void {
  const rate = createRate();
  return ({ step, pass, done, tokens, rows }) => {
    const name = pass === 1 ? '' : `pass ${pass}, `;
    if (step === 'aliasing') draw(`${name}translating`, done, `${count(tokens)} tokens, ${rate(tokens)}`);
    else draw(`${name}rewriting`, done, `${count(rows)} rows`);
  };
}

/** The same for entries of the vault, of which there were so many at the start. */
export function createEntriesBar(total: number): (entries: number) => void {
  const rate = createRate();
  return (entries) =>
    draw('encrypting', entries / Math.max(entries, total), `${count(entries)} entries, ${rate(entries)}`);
}

function createRate(): (sum: number) => string {
  const began = Date.now();
  return (sum) => `${count((1_000 * sum) / Math.max(1, Date.now() - began))}/s`;
}

function draw(name: string, done: number, numbers: string): void {
  const width = Math.max(8, Math.min(32, columnsOf(process.stderr) - name.length - numbers.length - 14));
  progress(`  ${name}  ${bar(done, width)}  ${`${Math.floor(100 * done)} %`.padStart(5)}  ${numbers}`);
}
