import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stages } from '@masque/local-pipeline';
import { defineMishap, type Mishap } from '../mishap.ts';

/** Whoever collected a replica's log is gone: writes fail with EPIPE. */
const closed = defineMishap({
  name: 'log:closed',
  strikes: [],
  draw: (random) => ({ stage: random.pick(stages), replica: random.between(1, 9) }),
  async run({ crew }, { stage, replica }) {
    const victim = await crew.take(stage, replica);
    victim.closeOutput();
    const end = await Promise.race([victim.ended, sleep(1_500, 'alive' as const)]);
    crew.giveBack(victim);
    if (end === 'alive') return `a ${stage} works on without a log`;
    await crew.replace(victim).whenReady();
    return `a ${stage} ended with status ${end ?? 'none'}; started another`;
  },
});

/** `/dev/full` answers every write with ENOSPC, as a full disk does; full(4). */
const full = defineMishap({
  name: 'log:full-disk',
  strikes: [],
  draw: (random) => ({ stage: random.pick(stages), ms: 3_000 }),
  async run({ local, complaints }, { stage, ms }) {
    const output = openSync('/dev/full', 'w');
    const main = fileURLToPath(new URL(`../../../${stage}/src/main.ts`, import.meta.url));
    const { PATH = '', HOME = '' } = process.env;
    const child = spawn(process.execPath, [main], {
      env: { PATH, HOME, ...local.settings, HTTP_PORT: '0' },
      stdio: ['ignore', output, 'ignore'],
    });
    closeSync(output);
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    const early = await Promise.race([ended, sleep(ms, 'alive' as const)]);
    child.kill('SIGTERM');
    const status = await Promise.race([ended, sleep(15_000, 'stuck' as const)]);
    child.kill('SIGKILL');
    if (status === 'stuck') complaints.push(`a ${stage} whose log's disk is full does not stop`);
    else if (early !== 'alive')
      complaints.push(`a ${stage} whose log's disk is full ended with status ${early ?? 'none'}`);
    return early === 'alive'
      ? `a ${stage} worked on for ${ms} ms, then ended with status ${status ?? 'none'}`
      : `a ${stage} ended with status ${early ?? 'none'}`;
  },
});

export const logMishaps: readonly Mishap[] = [closed, full];
