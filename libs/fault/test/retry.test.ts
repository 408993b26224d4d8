import * as fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { Fault } from '../src/fault.ts';
import { backoff, retry } from '../src/retry.ts';

const away = (try_ = 0): Fault => new Fault('away', 'away', { heals: true, details: { try_ } });
const wrong = new Fault('wrong', 'wrong', { heals: false });

const attempts = fc.integer({ min: 1, max: 10_000 });
const bases = fc.integer({ min: 10, max: 10_000 });
/** As Math.random: 0 up to but not including 1. */
const randoms = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test('a pause is from a tenth of its ceiling to its ceiling, which doubles up to the cap', () => {
  const property = fc.property(attempts, bases, bases, randoms, (attempt, baseMs, capMs, random) => {
    const ceiling = Math.min(capMs, baseMs * 2 ** (attempt - 1));
    const pauseMs = backoff(attempt, { baseMs, capMs, random: () => random });
    expect(pauseMs).toBeGreaterThanOrEqual(Math.round(ceiling * 0.1));
    expect(pauseMs).toBeLessThanOrEqual(ceiling);
    expect(pauseMs).toBeGreaterThan(0);
    expect(Number.isSafeInteger(pauseMs)).toBe(true);
  });
  fc.assert(property);
});

test('the jitter uses the whole width of its bounds', () => {
  const pauses = [0, 0.5, 0.999_999].map((random) => backoff(3, { baseMs: 100, random: () => random }));
  expect(pauses).toEqual([40, 220, 400]);
  expect(new Set(Array.from({ length: 50 }, () => backoff(6))).size).toBeGreaterThan(10);
});

test('by default from 100 ms to 5 s', () => {
  const longest = [1, 2, 3, 7, 50].map((attempt) => backoff(attempt, { random: () => 0.999_999_9 }));
  expect(longest).toEqual([100, 200, 400, 5_000, 5_000]);
});

const quick = { baseMs: 1, capMs: 2 };

test('what heals is tried until it succeeds, and each pause is told before it is taken', async () => {
  const told: [string, number][] = [];
  const action = vi.fn<() => Promise<string>>(async () => {
    if (action.mock.calls.length < 4) throw away();
    return 'done';
  });
  const onRetry = (fault: Fault, attempt: number, pauseMs: number): void => {
    expect(pauseMs).toBeLessThanOrEqual(2);
    told.push([fault.code, attempt]);
  };
  expect(await retry(action, { ...quick, onRetry })).toBe('done');
  expect(told).toEqual([
    ['away', 1],
    ['away', 2],
    ['away', 3],
  ]);
});

test('what no waiting heals ends it at once', async () => {
  const action = vi.fn<() => Promise<string>>(async () => Promise.reject(wrong));
  const onRetry = vi.fn<() => void>();
  await expect(retry(action, { baseMs: 60_000, onRetry })).rejects.toBe(wrong);
  expect(action).toHaveBeenCalledTimes(1);
  expect(onRetry).not.toHaveBeenCalled();
});

test('a fault that stops healing ends it then', async () => {
  const faults = [away(), away(), wrong, away()].values();
  const action = vi.fn<() => Promise<string>>(async () => Promise.reject(faults.next().value));
  await expect(retry(action, quick)).rejects.toBe(wrong);
  expect(action).toHaveBeenCalledTimes(3);
});

test('an error that is no fault is a defect: no retry, and none of its words', async () => {
  const action = vi.fn<() => Promise<string>>(async () => Promise.reject(new Error('SENTINEL')));
  const thrown = await retry(action, quick).catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(Fault);
  expect(thrown).toMatchObject({ code: 'internal', message: 'unexpected Error' });
  expect(action).toHaveBeenCalledTimes(1);
});

test('an abort during the pause throws the last fault, without waiting for its end', async () => {
  const aborter = new AbortController();
  const thrown: Fault[] = [];
  const action = async (): Promise<never> => {
    const fault = away(thrown.length);
    thrown.push(fault);
    throw fault;
  };
  const ended = await retry(action, {
    baseMs: 600_000,
    capMs: 600_000,
    signal: aborter.signal,
    // No pause before the second and third try, minutes before the fourth.
    random: () => (thrown.length < 3 ? -1 / 9 : 0.5),
    onRetry: (_, attempt) => {
      if (attempt === 3) setImmediate(() => aborter.abort(new Error('not what is thrown')));
    },
  }).catch((error: unknown) => error);
  expect(thrown).toHaveLength(3);
  expect(ended).toBe(thrown[2]);
});

test('an abort during a try throws that try’s fault, and a success is still a success', async () => {
  const aborter = new AbortController();
  const fault = away();
  const fails = async (): Promise<never> => {
    aborter.abort();
    throw fault;
  };
  await expect(retry(fails, { baseMs: 60_000, signal: aborter.signal })).rejects.toBe(fault);
  expect(await retry(async () => 'done', { signal: aborter.signal })).toBe('done');
});
