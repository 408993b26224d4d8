import { bar, columnsOf, count, progress } from '../output/terminal.ts';
import type { RekeyProgress } from './rekey.ts';

/** One line on a terminal: which walk through the table, how far, and how fast. */
export function createRekeyBar(): (progress: RekeyProgress) => void {
  const began = Date.now();
  const words = { aliasing: 'translating', rewriting: 'rewriting' } as const;
  return ({ step, pass, done, tokens, rows }) => {
    const seconds = Math.max(1, Date.now() - began) / 1_000;
    const numbers =
      step === 'aliasing' ? `${count(tokens)} tokens, ${count(tokens / seconds)}/s` : `${count(rows)} rows`;
    const name = `  ${pass === 1 ? '' : `pass ${pass}, `}${words[step]}`;
    const width = Math.max(8, Math.min(32, columnsOf(process.stderr) - name.length - numbers.length - 12));
    progress(`${name}  ${bar(done, width)}  ${`${Math.floor(100 * done)} %`.padStart(5)}  ${numbers}`);
  };
}
