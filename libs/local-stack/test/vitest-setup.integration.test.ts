import { expect, inject, test, vi } from 'vitest';
import { postgresTarget } from '../src/postgres-database.ts';
import { execute } from '../src/postgres-wire.ts';
import { createDatabase, createTestBundle, uniqueName } from '../src/testing.ts';
import provideStack from '../src/vitest-setup.ts';

test('the run has one stack, and every test a share of it', async () => {
  const stack = inject('stack');
  const bundles = await Promise.all([createTestBundle(stack, 'a'), createTestBundle(stack, 'a')]);
  const [one, other] = bundles;
  expect(one.name).not.toBe(other.name);
  expect((await execute(postgresTarget(one.databaseUrl), 'CREATE TABLE t ()')).sqlState).toBeUndefined();
  expect((await execute(postgresTarget(other.databaseUrl), 'TABLE t')).sqlState).toBe('42P01');
  await one.queues.send(one.queueUrl, ['x']);
  expect(await other.queues.counts(other.queueUrl)).toMatchObject({ visible: 0 });
  await Promise.all(bundles.map((bundle) => bundle.remove()));
  expect((await execute(postgresTarget(one.databaseUrl), 'SELECT 1')).sqlState).toBe('3D000');
  await expect(one.queues.counts(one.queueUrl)).rejects.toMatchObject({ code: 'sqs_refused' });
});

test('names are unique, and fit SQL, SQS and BullMQ', () => {
  const names = Array.from({ length: 1_000 }, () => uniqueName('some_test'));
  expect(new Set(names).size).toBe(1_000);
  for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9_]{1,62}$/);
});

test('a stack that runs already is used and left alone', async () => {
  const stack = inject('stack');
  vi.stubEnv('MASQUE_TEST_STACK', JSON.stringify(stack));
  const provide = vi.fn<(key: string, value: unknown) => void>();
  const teardown = await provideStack({ provide });
  expect(provide).toHaveBeenCalledWith('stack', stack);
  await teardown();
  await expect(createDatabase(stack.postgresUrl, uniqueName())).resolves.toContain('127.0.0.1');
});

test.each(['no json', '{}', '[]', 'null', '{"postgresUrl":"postgres://u:secret@h/d"}'])(
  'a stack described as %s is refused without quoting it',
  async (described) => {
    vi.stubEnv('MASQUE_TEST_STACK', described);
    const refused = provideStack({ provide: () => {} });
    await expect(refused).rejects.toMatchObject({ code: 'test_stack_invalid', setting: 'MASQUE_TEST_STACK' });
    await expect(refused).rejects.not.toThrow(/secret/);
  },
);
