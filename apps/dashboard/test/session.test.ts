import { expect, test } from 'vitest';
import { createSessions, sessionHours } from '../src/session.ts';

test('a session is open until it is closed, or its hours are over', () => {
  let clock = 0;
  const sessions = createSessions(() => clock);
  const [one, two] = [sessions.open(), sessions.open()];
  expect(one).toMatch(/^[\w-]{43}$/);
  expect([sessions.isOpen(one), sessions.isOpen(two), sessions.isOpen(undefined), sessions.isOpen('x')]).toEqual([
    true,
    true,
    false,
    false,
  ]);
  sessions.close(one);
  expect([sessions.isOpen(one), sessions.isOpen(two)]).toEqual([false, true]);
  clock = sessionHours * 3_600_000 - 1;
  expect(sessions.isOpen(two)).toBe(true);
  clock += 1;
  expect(sessions.isOpen(two)).toBe(false);
});

test('there is an end to how many it remembers: the oldest go', () => {
  const sessions = createSessions();
  const first = sessions.open();
  const others = Array.from({ length: 1_000 }, () => sessions.open());
  expect(sessions.isOpen(first)).toBe(false);
  expect(others.every((each) => sessions.isOpen(each))).toBe(true);
});
