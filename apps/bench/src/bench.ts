import { join } from 'node:path';
import { Fault } from '@masque/fault';
import { lastErrors } from '@masque/local-pipeline';
import { type Arena, openArena } from './arena.ts';
import type { Arguments } from './arguments.ts';
import { measureCeilings } from './ceilings.ts';
import { contest } from './contest.ts';
import { measureLatency } from './latency.ts';
import type { Report } from './report.ts';
import { measureScale } from './scale.ts';
import { surroundingsOf } from './surroundings.ts';
import { count, fine } from './text.ts';

export interface Watch {
  readonly note: (line: string) => void;
  readonly signal: AbortSignal;
}

export async function runBench(options: Arguments, watch: Watch): Promise<Report> {
  const { note, signal } = watch;
  const arena = await openArena({ method: options.method, signal, onProgress: (what) => note(`  ${what}`) });
  try {
    return await measure(arena, options, watch);
  } catch (error) {
    // Before the logs go: what a stage itself said is the answer.
    if (error instanceof Fault) for (const line of await lastErrors(join(arena.root, 'logs'))) note(`  ${line}`);
    throw error;
  } finally {
    await arena.close();
  }
}

async function measure(arena: Arena, options: Arguments, { note, signal }: Watch): Promise<Report> {
  const { only, rounds, replicas } = options;
  const surroundings = await surroundingsOf(arena);
  const results = await contest(
    arena,
    options,
    (round, name, { rate, cpuUs }) =>
      note(`  round ${round}/${rounds}  ${name}: ${count(rate)} a second, ${fine(cpuUs)} µs of CPU a message`),
    signal,
  );
  const begin = (what: string): void => note(`  ${what} …`);
  if (only.includes('latency')) begin('latency');
  const latency = only.includes('latency') ? await measureLatency(arena, replicas, signal) : undefined;
  if (only.includes('ceilings')) begin('each stage alone');
  const ceilings = only.includes('ceilings') ? await measureCeilings(arena, options, signal) : undefined;
  const scale = only.includes('scale')
    ? await measureScale(
        arena,
        options,
        ({ replicas: of, messages, drained: { rate, cpuUs } }) =>
          note(`  ${of} of each, ${count(messages)} messages: ${count(rate)} a second, ${fine(cpuUs)} µs a message`),
        signal,
      )
    : undefined;
  return { arguments: options, surroundings, contest: results, latency, ceilings, scale };
}
