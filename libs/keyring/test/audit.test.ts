import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { auditFiles, recordAudit, verifyAudit } from '../src/audit.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'masque-audit-'));
  await mkdir(join(dir, 'custodian'));
});
afterEach(() => rm(dir, { recursive: true }));

async function record(count: number): Promise<void> {
  for (let at = 1; at <= count; at += 1) await recordAudit(dir, { verb: 'unmask', reason: `ticket ${at}`, count: at });
}

async function edit(change: (lines: string[]) => string[]): Promise<void> {
  const { log } = auditFiles(dir);
  const lines = (await readFile(log, 'utf8')).trimEnd().split('\n');
  await writeFile(
    log,
    change(lines)
      .map((line) => `${line}\n`)
      .join(''),
  );
}

describe('the audit log', () => {
  it('is whole when nobody touched it, empty included', async () => {
    expect(await verifyAudit(dir)).toEqual({ entries: 0 });
    await record(3);
    expect(await verifyAudit(dir)).toEqual({ entries: 3 });
  });

  it('takes entries of many processes at once, in one chain', async () => {
    await Promise.all(Array.from({ length: 20 }, () => recordAudit(dir, { verb: 'unmask', reason: 'r', count: 1 })));
    expect(await verifyAudit(dir)).toEqual({ entries: 20 });
  });

  it.each<[string, (lines: string[]) => string[], RegExp]>([
    ['changed', (lines) => lines.map((line) => line.replace('ticket 2', 'ticket 9')), /entry 2 was changed/],
    ['missing', (lines) => lines.filter((_, at) => at !== 1), /entry 2 does not follow/],
    ['first missing', (lines) => lines.slice(1), /entry 1 does not follow/],
    ['last missing', (lines) => lines.slice(0, -1), /entry 2 is not the last/],
    ['reordered', ([a = '', b = '', c = '']) => [a, c, b], /entry 2 does not follow/],
    ['repeated', ([a = '', b = '', c = '']) => [a, b, b, c], /entry 3 does not follow/],
    ['cut', (lines) => [...lines.slice(0, -1), (lines.at(-1) ?? '').slice(0, 20)], /entry 3 cannot be read/],
  ])('shows an entry that is %s', async (_, change, expected) => {
    await record(3);
    await edit(change);
    await expect(verifyAudit(dir)).rejects.toThrow(expected);
  });

  it('refuses to record, and so to answer, where it cannot write', async () => {
    await rm(join(dir, 'custodian'), { recursive: true });
    await expect(record(1)).rejects.toMatchObject({ code: 'audit_unwritable', heals: false });
  });

  it('takes over the lock of a process that is gone', async () => {
    await writeFile(`${auditFiles(dir).log}.lock`, '999999999');
    await record(1);
    expect(await verifyAudit(dir)).toEqual({ entries: 1 });
  });
});
