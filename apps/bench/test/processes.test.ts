import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { cpuMs, peakRssMb, treeCpuMs } from '../src/processes.ts';

const busy = 'while (process.cpuUsage().user < 200_000);';

describe.runIf(process.platform === 'linux')('what the operating system says of a process', () => {
  it('agrees with what the process knows of itself', async () => {
    // Not this one, which has had children, and does not know what they took.
    const tells = `${busy} console.log(JSON.stringify([process.cpuUsage(), process.memoryUsage()])); setInterval(() => {}, 1e3)`;
    const child = spawn(process.execPath, ['-e', tells], { stdio: ['ignore', 'pipe', 'ignore'] });
    onTestFinished(() => void child.kill());
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    const [{ user, system }, { rss }] = JSON.parse(said.toString()) as [NodeJS.CpuUsage, NodeJS.MemoryUsage];
    expect(Math.abs(cpuMs(child.pid ?? -1) - (user + system) / 1_000)).toBeLessThan(150);
    expect(peakRssMb(child.pid ?? -1)).toBeGreaterThan(rss / 2 ** 20 / 2);
  });

  it('adds up a process and those below it, also once they have ended', async () => {
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
