import { Fault } from '@masque/fault';
import type { TestProject } from 'vitest/node';
import { startLocalStack } from './local-stack.ts';
import { type TestStack, testStackOf } from './test-stack.ts';

/** One stack for the whole integration run; or the one that MASQUE_TEST_STACK describes as JSON, which stays as it is. */
export default async function provideStack({ provide }: Pick<TestProject, 'provide'>): Promise<() => Promise<void>> {
  const described = process.env['MASQUE_TEST_STACK'];
  if (described !== undefined && described !== '') {
    provide('stack', parse(described));
    return async () => {};
  }
  const stack = await startLocalStack({ durable: false });
  provide('stack', testStackOf(stack));
  return async () => await stack.stop();
}

const keys = ['postgresUrl', 'redisUrl', 'sqsEndpoint', 'region'] as const;

function parse(json: string): TestStack {
  try {
    const stack = JSON.parse(json) as Record<string, unknown>;
    if (keys.every((key) => typeof stack[key] === 'string')) return stack as unknown as TestStack;
  } catch {
    // Not quoted: a connection URL holds a password.
  }
  throw new Fault('test_stack_invalid', `it is not a JSON object of ${keys.join(', ')}`, {
    heals: false,
    setting: 'MASQUE_TEST_STACK',
  });
}
