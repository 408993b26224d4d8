import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { spawn } from 'node:child_process';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { command } from '../src/command.ts';
import { type Desk, openDesk } from '../src/desk.ts';

const person = {
  id: 'p1',
  ip: '203.0.113.211',
  device: 'SENTINEL-device',
  email: 'SENTINEL@example.org',
  kept: 'SENTINEL-kept',
  number: '593-47-59280',
  host: '203.0.113.212',
  network: '203.0.113.213',
  note: 'SENTINEL-note',
};
const values = Object.values(person).filter((value) => value !== 'p1');

let desk: Desk;
beforeAll(async () => {
  desk = await openDesk(inject('stack').postgresUrl);
  await desk.load([person, { ...person, id: 'p2' }, { id: 'p3', ip: '198.51.100.1', kept: 'other' }]);
});
afterAll(() => desk[Symbol.asyncDispose]());

function tokenOf(field: keyof typeof person): string {
  return desk.token(field, person[field]).token ?? '';
}

/** Another first character of the body: still base64url, and of the same length. */
function changed(token: string): string {
  const [prefix = '', kid = '', body = ''] = token.split('.');
  return `${prefix}.${kid}.${body.startsWith('A') ? 'B' : 'A'}${body.slice(1)}`;
}

const audited = async (): Promise<Record<string, unknown>[]> => {
  const text = await readFile(join(desk.keysDir, 'custodian', 'audit.jsonl'), 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
};

describe.concurrent('mask', () => {
  it('shows the token that a masker makes, of a value from standard input or of an argument', async () => {
    const { token, key } = desk.token('ip', person.ip);
    const { status, json } = await desk.run(['mask', '--field', 'ip', '--json', '-'], `${person.ip}\n`);
    expect({ status, json }).toEqual({ status: 0, json: { field: 'ip', token, kid: key?.kid } });
    expect((await desk.run(['mask', '--field', 'ip', `::ffff:${person.ip}`])).stdout).toBe(`${token}\n`);
  });

  it.each<[string, () => string, number, string]>([
    ['ip', () => 'SENTINEL', 78, 'not_an_address'],
    ['nothing', () => 'SENTINEL', 64, 'field_not_masked'],
    ['device', () => desk.token('kept', person.kept).token ?? '', 85, 'already_masked'],
    ['ip', () => 'one\ntwo', 64, 'value_missing'],
  ])('%s: refuses %s with status %i and code %s', async (field, value, status, code) => {
    const answer = await desk.run(['mask', '--field', field, '--json', '-'], value());
    expect(answer).toMatchObject({ status, json: { fault: { code } } });
    expect(answer.stdout + answer.stderr).not.toContain(value());
  });
});

describe.concurrent('lookup', () => {
  it.each(['ip', 'host'] as const)('%s: finds the rows of a value', async (field) => {
    const { status, json } = await desk.run(['lookup', '--field', field, '--json', '-'], person[field]);
    expect(status).toBe(0);
    const { token, key } = desk.token(field, person[field]);
    expect(json).toMatchObject({ field, tokens: [{ token, ...key }], count: 2 });
    expect((json['rows'] as { id: string }[]).map(({ id }) => id)).toEqual(['p1', 'p2']);
  });

  it('prints the query instead, which finds the same, and needs no database', async () => {
    const settings = { ...desk.settings, DATABASE_URL: '' };
    const { stdout, status } = await command(settings, ['lookup', '--field', 'device', '--sql', '-'], person.device);
    expect(status).toBe(0);
    expect(stdout).not.toContain('SENTINEL');
    expect((await desk.query<{ id: string }>(stdout)).map(({ id }) => id)).toEqual(['p1', 'p2']);
  });

  it('says in words what it found, and that there is more', async () => {
    const { stdout, stderr } = await desk.run(['lookup', '--field', 'email', '--limit', '1', '-'], person.email);
    expect(stdout).toMatch(/^siv1\.\S+ +[a-z2-7]{6} {2}PRIMARY\n\n2 rows\n {2}id +ip/);
    expect(stderr).toContain('1 of them shown');
  });
});

describe.concurrent('unmask', () => {
  it('recovers the values, from arguments and from standard input', async () => {
    const tokens = (['ip', 'device', 'email', 'kept'] as const).map(tokenOf);
    const [first = '', ...others] = tokens;
    const { status, json } = await desk.run(['unmask', first, '-', '--reason', 'r', '--json'], others.join('\n\n'));
    expect(status).toBe(0);
    expect(json).toMatchObject({
      values: (['ip', 'device', 'email', 'kept'] as const).map((field) => ({ field, value: person[field] })),
    });
  });

  it('recovers tokens that are shaped like values, where their field is named', async () => {
    const { stdout } = await desk.run(['unmask', tokenOf('number'), '--reason', 'r', '--field', 'number']);
    expect(stdout).toBe(`number  ${person.number}\n`);
  });

  it.each<[string, () => string, readonly string[], number, string]>([
    ['a plain value', () => person.ip, [], 80, 'token_malformed'],
    ['base64 of the plain alphabet', () => `${tokenOf('device').slice(0, -1)}+`, [], 81, 'token_not_canonical'],
    ['one character changed', () => changed(tokenOf('device')), [], 82, 'token_forged'],
    ['one character changed, vault', () => changed(tokenOf('kept')), [], 88, 'token_entry_missing'],
    ['a token of another field', () => tokenOf('ip'), ['--field', 'device'], 83, 'token_wrong_field'],
    ['a foreign key', () => tokenOf('ip').replace(/\.[a-z2-7]{6}\./, '.aaaaaa.'), [], 84, 'token_key_unknown'],
    ['a method of no return', () => tokenOf('network'), ['--field', 'network'], 86, 'token_irreversible'],
  ])('refuses %s', async (_, token, flags, status, code) => {
    const before = (await audited()).filter(({ verb, reason }) => verb === 'unmask' && reason === code).length;
    const answer = await desk.run(['unmask', token(), '--reason', code, '--json', ...flags]);
    expect(answer).toMatchObject({ status, json: { fault: { code } } });
    expect((await audited()).filter(({ verb, reason }) => verb === 'unmask' && reason === code)).toHaveLength(before);
  });

  it('answers what it can with --partial, and says why not the rest', async () => {
    const tokens = [tokenOf('kept'), changed(tokenOf('email')), tokenOf('ip')];
    const whole = await desk.run(['unmask', '--reason', 'r', ...tokens]);
    expect(whole).toMatchObject({ status: 82, stdout: '' });
    expect(whole.stderr).toContain('token 2 of 3: the token names the key');
    const some = await desk.run(['unmask', '--reason', 'some', '--partial', '--json', ...tokens]);
    expect(some).toMatchObject({
      status: 82,
      json: { refused: 1, values: [{ value: person.kept }, { fault: { code: 'token_forged' } }, { value: person.ip }] },
    });
    expect(await audited()).toContainEqual(expect.objectContaining({ verb: 'unmask', reason: 'some', count: 2 }));
    const words = await desk.run(['unmask', '--reason', 'r', '--partial', ...tokens]);
    expect(words.stdout).toBe(`kept  ${person.kept}\n–     token_forged\nip    ${person.ip}\n`);
  });
});

describe('duplicates', () => {
  it('counts tokens, and shows no value', async () => {
    const { status, json, stdout } = await desk.run(['duplicates', '--field', 'ip', '--json']);
    const top = [{ token: desk.token('ip', person.ip).token, rows: 2 }];
    expect({ status, json }).toEqual({
      status: 0,
      json: { field: 'ip', columns: [{ column: 'ip', values: 3, distinct: 2, repeating: 1, top }] },
    });
    expect(stdout).not.toContain(person.ip);
    const words = await desk.run(['duplicates', '--field', 'ip', '--top', '1']);
    expect(words.stdout).toMatch(/^ip: 3 values, 2 different: 1 repeat an earlier one\n {2}rows {2}token\n {2}2 +rsa1/);
  });
});

describe('on record', () => {
  it('is every look, with no value in it, before it is answered', async () => {
    const entries = await audited();
    expect(new Set(entries.map(({ verb }) => verb))).toEqual(new Set(['key_init', 'mask', 'lookup', 'unmask']));
    const text = JSON.stringify(entries);
    for (const value of values) expect(text).not.toContain(value);
    expect((await desk.run(['audit', 'verify', '--json'])).json).toEqual({ entries: entries.length, whole: true });
  });

  it.each([
    ['mask', '--field', 'ip', person.ip],
    ['lookup', '--field', 'ip', person.ip],
    ['unmask', '--reason', 'r', ''],
    ['erase', '--field', 'ip', '--reason', 'r', '--yes', person.ip],
    ['erase', '--field', 'kept', '--reason', 'r', '--undo', '--yes', person.kept],
  ])('what cannot be recorded is not answered, nor done: %s', async (...args) => {
    const log = join(desk.keysDir, 'custodian', 'audit.jsonl');
    await rename(log, `${log}.aside`);
    await mkdir(log);
    try {
      const token = desk.token('ip', person.ip).token ?? '';
      const { status, stdout, stderr } = await desk.run(args.map((word) => (word === '' ? token : word)));
      expect({ status, stdout }).toEqual({ status: 78, stdout: '' });
      expect(stderr).toMatch(/^masque: cannot write .*audit\.jsonl, so nothing is answered/);
      expect(stderr).not.toContain(person.ip);
      expect(await desk.query('select id from people')).toHaveLength(3);
    } finally {
      await rm(log, { recursive: true });
      await rename(`${log}.aside`, log);
    }
  });
});

it('a value given as an argument does not stand in the list of processes', async () => {
  // A server that takes connections and never answers holds the command where it is.
  const server = createServer(() => {}).listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  const { port } = server.address() as { port: number };
  const bin = resolve(import.meta.dirname, '../../cli/bin/masque.js');
  const child = spawn(process.execPath, [bin, 'lookup', '--field', 'device', person.device], {
    env: {
      ...desk.settings,
      PATH: process.env['PATH'] ?? '',
      DATABASE_URL: `postgres://u:p@127.0.0.1:${port}/d`,
    },
  });
  try {
    await new Promise((done) => server.once('connection', done));
    const line = await readFile(`/proc/${child.pid}/cmdline`, 'utf8');
    expect(line).toContain('masque');
    expect(line).not.toContain('SENTINEL');
  } finally {
    child.kill('SIGKILL');
    server.close();
  }
});
