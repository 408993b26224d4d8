import { Fault } from '@masque/fault';
import { expect, test } from 'vitest';
import { createFaultLog } from '../src/fault-log.ts';
import { createLog } from '../src/log.ts';

function setup(everyMs?: number) {
  const lines: Record<string, unknown>[] = [];
  const write = (chunk: string): void => void lines.push(JSON.parse(chunk) as Record<string, unknown>);
  const clock = { now: 1_000_000 };
  const logFault = createFaultLog(createLog({ level: 'info', base: {}, destination: { write } }), {
    now: () => clock.now,
    ...(everyMs === undefined ? {} : { everyMs }),
  });
  return { lines, clock, logFault };
}

const full = new Fault('redis_full', 'Redis is full', { heals: true });
const away = new Fault('redis_unreachable', 'Redis is away', { heals: true });

test('of a storm, one line each ten seconds, which tells how many were held back', () => {
  const { lines, clock, logFault } = setup();
  for (let ms = 0; ms < 30_000; ms += 5) {
    logFault('redis_fault', full);
    clock.now += 5;
  }
  expect(lines.map(({ suppressed }) => suppressed)).toEqual([undefined, 1_999, 1_999]);
});

test('the first is logged at once, the next when the time is over and not before', () => {
  const { lines, clock, logFault } = setup(50);
  logFault('redis_fault', full, { batch: 'b-1' });
  clock.now += 49;
  logFault('redis_fault', full, { batch: 'b-2' });
  clock.now += 1;
  logFault('redis_fault', full, { batch: 'b-3' });
  expect(lines).toMatchObject([{ batch: 'b-1' }, { batch: 'b-3', suppressed: 1 }]);
});

test('nothing held back, nothing said of it', () => {
  const { lines, clock, logFault } = setup(50);
  logFault('redis_fault', full);
  clock.now += 50;
  logFault('redis_fault', full);
  expect(lines).toHaveLength(2);
  expect(lines[1]).not.toHaveProperty('suppressed');
});

test('each code of each event has its own count', () => {
  const { lines, logFault } = setup();
  logFault('redis_fault', full);
  logFault('redis_fault', away);
  logFault('mask_fault', full);
  logFault('mask_fault', full);
  expect(lines.map(({ event, code }) => [event, code])).toEqual([
    ['redis_fault', 'redis_full'],
    ['redis_fault', 'redis_unreachable'],
    ['mask_fault', 'redis_full'],
  ]);
});
