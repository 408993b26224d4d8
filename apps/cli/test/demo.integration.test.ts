import { readdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { hasTerminal, lastLine, masque, startMasque } from './masque.ts';
import { ownFolder } from './own-folder.ts';

const good = (at: number): string =>
  JSON.stringify({
    user_id: `user-${at}`,
    app_version: '2.3.0',
    device_type: 'ios',
    ip: `198.51.100.${at % 10}`,
    locale: null,
    device_id: `device-${at % 25}`,
  });

describe.concurrent('the demo', () => {
  test('of a file: tells as JSON where each of its lines ended, and leaves nothing', async () => {
    await using folder = await ownFolder();
    const lines = [...Array.from({ length: 50 }, (_, at) => good(at)), 'not json', '{"ping": 1}'];
    await writeFile(join(folder.path, 'own.jsonl'), lines.join('\n'));
    const run = await masque(['demo', '--input', 'own.jsonl', '--json'], { cwd: folder.path, env: folder.env });
    expect({ status: run.status, stderr: run.stderr }).toMatchObject({ status: 0 });
    expect(lastLine(run)).toMatchObject({
      sent: 52,
      loaded: 50,
      quarantined: { total: 2, reasons: { not_json: 1, wrong_kind: 1 } },
      duplicates: { ip: { values: 50, distinct: 10 }, device_id: { values: 50, distinct: 25 } },
      settled: 52,
      queueEmpty: true,
      seconds: expect.any(Number),
    });
    expect(run.stdout.trimEnd()).not.toContain('\n');
    // Piped: nothing that moves a cursor or colours a word.
    for (const control of ['\u001b', '\r']) expect(run.stdout + run.stderr).not.toContain(control);
    expect(await folder.processes()).toEqual([]);
    expect(await readdir(folder.path)).toEqual(['own.jsonl']);
  });

  test('of two replicas and a thousand messages: a summary to read', async () => {
    await using folder = await ownFolder();
    const args = ['demo', '--messages', '1000', '--replicas', 'extractor=2,masker=2,loader=2'];
    const { status, stdout, stderr } = await masque(args, { cwd: folder.path, env: { ...folder.env, NO_COLOR: '1' } });
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(stderr).toContain('starting 2 extractor, 2 masker, 2 loader');
    expect(stdout).toContain('✔ Every message ended in exactly one place.');
    expect(stdout).toMatch(/^ {2}loaded +990 rows in user_logins$/m);
    expect(stdout).toMatch(/^ {2}quarantined +10, sealed to the custodian\n +10 wrong_kind$/m);
    expect(stdout).toMatch(/^ {2}masked_ip( +rsa1\.[a-z2-7]{6}\.\S{5}…)+$/m);
    expect(stdout).toMatch(/^ {2}rsa1\.\S+… \(524 characters, in \d+ rows?\)\n {2}is \S+$/m);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(await readdir(folder.path)).toEqual([]);
  });

  test.skipIf(!hasTerminal)(
    'in a terminal: bars that fit it; Ctrl-C leaves it, and the machine, as they were',
    async () => {
      await using folder = await ownFolder();
      const args = ['demo', '--messages', '5000'];
      await using run = startMasque(args, { cwd: folder.path, env: { ...folder.env, TERM: 'xterm' }, columns: 80 });
      await run.whenSaid(' / 5,000');
      run.type('\u0003');
      expect((await run.ended).status).toBe(130);
      const said = run.said();
      const lines = stripVTControlCharacters(said).split(/[\r\n]+/);
      expect(lines.filter((line) => line.length >= 80)).toEqual([]);
      expect(lines).toContainEqual(
        expect.stringMatching(/^ {2}masker ×1 +[━╸─]+ +[\d,]+ \/ 5,000 +[\d,]+\/s +cpu +\d+ %$/),
      );
      expect(lines.findLast((line) => line !== '')).toBe('Stopped before the end.');
      // The cursor was hidden, and is back.
      expect(said.lastIndexOf('\u001b[?25h')).toBeGreaterThan(said.lastIndexOf('\u001b[?25l'));
      expect(await folder.processes()).toEqual([]);
      expect(await readdir(folder.path)).toEqual([]);
    },
  );

  test('of which a stage is killed: says which, and keeps the logs', async () => {
    await using folder = await ownFolder();
    await using run = startMasque(['demo', '--messages', '20000'], { cwd: folder.path, env: folder.env });
    await run.whenSaid(' of 20,000');
    const masker = (await folder.processes()).find(({ command }) => command.includes('masker/src/main.ts'));
    process.kill(masker?.pid ?? 0, 'SIGKILL');
    const { status, stderr } = await run.ended;
    expect(status).toBe(1);
    expect(stderr).toMatch(/^masque: the masker was killed while it was needed\.\nThe stages’ logs are in \S+\n$/m);
    expect(await folder.processes()).toEqual([]);
  });

  test('ended by Ctrl-C while its servers start, also', async () => {
    await using folder = await ownFolder();
    await using run = startMasque(['demo'], { cwd: folder.path, env: folder.env });
    await run.whenSaid('PostgreSQL starting');
    run.signal('SIGINT');
    expect((await run.ended).status).toBe(130);
    expect(await folder.processes()).toEqual([]);
    expect(await readdir(folder.path)).toEqual([]);
  });

  test('whose output nobody reads any more stops, too', async () => {
    await using folder = await ownFolder();
    await using run = startMasque(['demo'], { cwd: folder.path, env: folder.env });
    await run.whenSaid('PostgreSQL ready');
    run.closeOutput();
    expect((await run.ended).status).toBe(130);
    expect(await folder.processes()).toEqual([]);
    expect(await readdir(folder.path)).toEqual([]);
  });

  test('of which a stage cannot start: says which, why and where its log is', async () => {
    await using folder = await ownFolder();
    // The command itself takes any port that is free; its stages are told a folder that the system does not have.
    await writeFile(join(folder.path, 'own.ts'), brittle);
    const run = await masque(['demo', '--messages', '100'], {
      cwd: folder.path,
      env: { ...folder.env, MASQUE_PIPELINE: './own.ts' },
    });
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/^masque: the (extractor|masker|loader) ended with status 78/m);
    expect(run.stderr).toMatch(
      /^ {2}\w+-1: the pipeline definition .*own\.ts cannot be used: Error: not in a stage \(MASQUE_PIPELINE\)\./m,
    );
    const [, logs = ''] = /The stages’ logs are in (\S+)\n/.exec(run.stderr) ?? [];
    expect(await readdir(logs)).toContain('masker-1.log');
    expect(await readdir(join(logs, '..'))).toEqual(['logs']);
    expect(await folder.processes()).toEqual([]);
  });

  test('of an empty file, or none, says so', async () => {
    await using folder = await ownFolder();
    await writeFile(join(folder.path, 'empty.jsonl'), '\n');
    const { status, stderr } = await masque(['demo', '--input', 'empty.jsonl'], { cwd: folder.path, env: folder.env });
    expect(status).toBe(78);
    expect(stderr).toMatch(/^masque: empty\.jsonl holds no line \(--input\)\.$/m);
    expect(await folder.processes()).toEqual([]);
    expect(await readdir(folder.path)).toEqual(['empty.jsonl']);
  });
});

const shipped = resolve(import.meta.dirname, '../../../pipelines/user-logins.ts');
/** A pipeline that the command can load, and no stage can. */
const brittle = `
  if (process.argv[1].endsWith('src/main.ts')) throw new Error('not in a stage');
  export { default } from ${JSON.stringify(shipped)};
`;
