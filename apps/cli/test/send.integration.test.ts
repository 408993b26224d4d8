import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTestBundle, type TestBundle } from '@masque/local-stack/testing';
import { createSqsSource } from '@masque/sqs-source';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { lastLine, masque } from './masque.ts';
import { type OwnFolder, ownFolder } from './own-folder.ts';

const stack = inject('stack');

let folder: OwnFolder;
let bundle: TestBundle;
let env: Readonly<Record<string, string>>;
beforeAll(async () => {
  [folder, bundle] = await Promise.all([ownFolder(), createTestBundle(stack, 'send')]);
  env = { SQS_QUEUE_URL: bundle.queueUrl, AWS_ENDPOINT_URL_SQS: stack.sqsEndpoint, AWS_REGION: stack.region };
});
afterAll(async () => {
  await bundle.remove();
  await folder[Symbol.asyncDispose]();
});

/** Everything in the queue, in no order, and nothing afterwards. */
async function received(): Promise<string[]> {
  const source = createSqsSource({
    queueUrl: bundle.queueUrl,
    endpoint: stack.sqsEndpoint,
    region: stack.region,
    visibilityTimeoutS: 60,
    waitS: 0,
  });
  const bodies: string[] = [];
  for (;;) {
    const messages = await source.receive({ max: 10 });
    if (messages.length === 0) break;
    bodies.push(...messages.map(({ body }) => body));
    await source.delete(messages.map(({ receipt }) => receipt));
  }
  source.close();
  return bodies.toSorted();
}

async function file(content: string): Promise<string> {
  const path = join(folder.path, 'input.jsonl');
  await writeFile(path, content);
  return path;
}

test('each line arrives as it stood: white space, unicode, what others would end a line at', async () => {
  const lines = [
    '{"user_id": "a"}   ',
    // Nothing beyond U+FFFF, which SQS takes and fauxqs 2.4.1 refuses.
    '\t{"who": "Grüße, 世界"}',
    '{"what": "\u2028 and \u2029 and a lone \r within"}',
    'not json',
    '  ',
  ];
  const { status, stdout, stderr } = await masque(['send', '--file', await file(`${lines.join('\n')}\n\n`)], { env });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '5 messages sent\n', stderr: '' });
  expect(await received()).toEqual(lines.toSorted());
});

test('standard input, CRLF, no end of line at the end, one JSON object as the answer', async () => {
  const run = await masque(['send', '--file', '-', '--json'], { env, input: '{"a":1}\r\n{"b":2}' });
  expect([run.status, lastLine(run)]).toEqual([0, { sent: 2 }]);
  expect(await received()).toEqual(['{"a":1}', '{"b":2}']);
});

test('thousands of lines', async () => {
  const lines = Array.from({ length: 2_500 }, (_, at) => JSON.stringify({ at, filler: 'x'.repeat(at % 200) }));
  const { status, stdout } = await masque(['send', '--file', await file(lines.join('\n'))], { env });
  expect([status, stdout]).toEqual([0, '2,500 messages sent\n']);
  expect(await received()).toEqual(lines.toSorted());
});

test('an empty file sends nothing, and says so', async () => {
  const { status, stdout, stderr } = await masque(['send', '--file', await file('')], { env });
  expect({ status, stdout, stderr }).toEqual({
    status: 0,
    stdout: '0 messages sent\n',
    stderr: 'masque: the input holds no line\n',
  });
});

test('a missing file, a missing queue, a queue that cannot be reached: one line, no stack', async () => {
  const path = await file('{"a":1}\n');
  const missing = join(folder.path, 'none');
  const runs = await Promise.all([
    masque(['send', '--file', missing], { env }),
    masque(['send', '--file', path], { env: { ...env, SQS_QUEUE_URL: `${bundle.queueUrl}-not` } }),
    masque(['send', '--file', path], { env: { ...env, AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:1' } }),
  ]);
  expect(runs.map(({ status }) => status)).toEqual([78, 78, 1]);
  expect(runs.map(({ stderr }) => stderr)).toEqual([
    `masque: cannot read ${missing} (ENOENT). Name a file that this user may read, or - for standard input.\n`,
    expect.stringMatching(/^masque: the queue \w+-not does not exist at \S+ \(SQS_QUEUE_URL\)\. .+\n$/),
    expect.stringMatching(
      /^masque: SQS cannot be reached at 127\.0\.0\.1:1 \(ECONNREFUSED\) \(AWS_ENDPOINT_URL_SQS\)\. .+\n$/,
    ),
  ]);
});

test('a line that SQS does not take is named, with the number of those it took, and not shown', async () => {
  const lines = ['{"a":1}', '', '{"b":"hush\u0001"}', '{"c":3}'];
  const { status, stderr } = await masque(['send', '--file', await file(lines.join('\n'))], { env });
  expect(status).toBe(78);
  expect(stderr).toMatch(/^masque: SQS does not take line 3 \(character_not_allowed\)/);
  expect(stderr).not.toContain('hush');
  expect(await received()).toEqual([]);
  await rm(join(folder.path, 'input.jsonl'));
});
