import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { cpuMs, peakRssMb, treeCpuMs } from '../src/processes.ts';

describe.runIf(process.platform === 'linux')('what the operating system says of a process', () => {
  it('agrees with what the process knows of itself', () => {
    const own = process.cpuUsage();
    expect(Math.abs(cpuMs(process.pid) - (own.user + own.system) / 1_000)).toBeLessThan(150);
    expect(peakRssMb(process.pid)).toBeGreaterThan(process.memoryUsage().rss / 2 ** 20 / 2);
  });

  it('adds up a process and those below it, also once they have ended', async () => {
    const busy = 'while (process.cpuUsage().user < 200_000);';
    const nested = `require('node:child_process').spawnSync(process.execPath, ['-e', ${JSON.stringify(busy)}]); setInterval(() => {}, 1e3); console.log('done')`;
    const child = spawn(process.execPath, ['-e', nested], { stdio: ['ignore', 'pipe', 'ignore'] });
    onTestFinished(() => void child.kill());
    await once(child.stdout, 'data');
    expect(treeCpuMs(child.pid ?? -1)).toBeGreaterThanOrEqual(200);
    child.kill();
    await once(child, 'exit');
    expect(treeCpuMs(child.pid ?? -1)).toBe(0);
  });
});
