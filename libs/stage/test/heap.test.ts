import { constants, PerformanceObserver } from 'node:perf_hooks';
import { expect, test } from 'vitest';
import { collectStartUp } from '../src/heap.ts';

/** An entry of the type `gc`, as Node gives it and its types do not say. */
interface Collection {
  readonly detail: { readonly kind: number; readonly flags: number };
}

test('what a start left behind is collected at once, and in full', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { NODE_PERFORMANCE_GC_MAJOR: major, NODE_PERFORMANCE_GC_FLAGS_FORCED: forced } = constants;
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as unknown as readonly Collection[]) {
      const { kind, flags } = entry.detail;
      if (kind === major && flags === forced) resolve();
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  collectStartUp();
  await expect(promise).resolves.toBeUndefined();
  observer.disconnect();
});
