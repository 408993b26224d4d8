import { execFileSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { createProgram } from '../src/program.ts';
import { bin, masque } from './masque.ts';
import { ownFolder } from './own-folder.ts';

function everyCommand(from: Command, path: readonly string[] = []): (readonly [string, Command])[] {
  const own = [...path, from.name()];
  return [[own.join(' '), from], ...from.commands.flatMap((command) => everyCommand(command, own))];
}

describe('help', async () => {
  const commands = everyCommand(await createProgram(() => true));

  test('lists every command, each in a line', () => {
    const [[, program] = ['']] = commands;
    const help = program?.helpInformation() ?? '';
    for (const command of program?.commands ?? []) {
      expect(help).toMatch(new RegExp(`^  ${command.name()}\\b.* {2}${command.summary()}$`, 'm'));
    }
  });

  test.each(commands)('%s: says what it does and what each option means, in 80 columns', (_, command) => {
    expect(command.description()).toMatch(/^[A-Z].*\.$/);
    const described = [...command.options, ...command.registeredArguments];
    expect(described.filter(({ description }) => description === '')).toEqual([]);
    const help = command.configureHelp({ helpWidth: 80 }).helpInformation();
    expect(help.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  test('goes to standard output with status 0', async () => {
    const { status, stdout, stderr } = await masque(['send', '--help']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^Usage: masque send \[options\]\n/);
  });
});

describe('wrong usage ends with 64 and a word on what is wrong', () => {
  test.each([
    [['--nonsense'], "unknown option '--nonsense'"],
    [['nonsense'], "unknown command 'nonsense'"],
    [['send'], "required option '--file <path>' not specified"],
    [['send', '--file', 'x', '--nonsense'], "unknown option '--nonsense'"],
    [['unmask', 'rsa1.aaaaaa.x'], "required option '--reason <text>' not specified"],
    [['unmask', 'rsa1.aaaaaa.x', '--reason', '  '], 'It is empty.'],
    [['unmask', '--reason', 'x'], "missing required argument 'token'"],
    [['demo', '--messages', '0'], 'It is no whole number from 1'],
    [['demo', '--messages', '5', '--input', 'x'], 'cannot be used with'],
    [['demo', '--listen', '--keep'], 'cannot be used with'],
    [['demo', '--repeat', '2'], 'It is not a number from 0 to 1.'],
    [['demo', '--replicas', 'extractor=0'], 'It is not like extractor=1,masker=2,loader=1.'],
    [['keys'], 'Usage: masque keys'],
    [[], 'Usage: masque [options]'],
  ] as const)('masque %j', async (args, words) => {
    const { status, stdout, stderr } = await masque(args);
    expect({ status, stdout }).toEqual({ status: 64, stdout: '' });
    expect(stderr).toContain(words);
  });
});

test('settings that are wrong end with 78, all named at once, and no value of them repeated', async () => {
  const env = { REDIS_URL: 'hush-hush', DATABASE_URL: 'hush-hush', REDIS_PREFIX: 'x', JOB_LOCK_MS: 'hush-hush' };
  const { status, stderr } = await masque(['status'], { env });
  expect(status).toBe(78);
  for (const name of ['REDIS_URL', 'DATABASE_URL', 'JOB_LOCK_MS']) expect(stderr).toContain(`  - ${name} is not`);
  expect(stderr).not.toMatch(/hush|\n\s+at /);
});

test('compiled sources are kept in the user’s own cache, and a command runs where none can be', async () => {
  await using folder = await ownFolder();
  for (const cache of ['/dev/null', folder.path]) {
    const run = await masque(['--version'], { env: { NODE_COMPILE_CACHE: '', XDG_CACHE_HOME: cache } });
    expect(run).toMatchObject({ status: 0, stderr: '' });
  }
  expect(await readdir(join(folder.path, 'masque', 'compiled'))).not.toEqual([]);
});

test('an older Node is told which one it takes', () => {
  const script = `Object.defineProperty(process.versions, 'node', { value: '20.19.0' }); import(${JSON.stringify(bin)})`;
  const run = (): string => execFileSync(process.execPath, ['-e', script], { encoding: 'utf8', stdio: 'pipe' });
  expect(run).toThrow(expect.objectContaining({ status: 78, stderr: expect.stringContaining('Node 24 or newer') }));
});
