import { expect, test } from 'vitest';
import { readArguments } from '../src/arguments.ts';
import { bodiesOf } from '../src/bodies.ts';
import { holdsSecret, secrets, tellsItself } from '../src/secrets.ts';

test('the same seed gives the same bodies, another others, and each batch its own', () => {
  const bodies = bodiesOf('7', 3, 50);
  expect(bodies).toEqual(bodiesOf('7', 3, 50));
  expect(bodies).not.toEqual(bodiesOf('8', 3, 50));
  expect(bodies).not.toEqual(bodiesOf('7', 4, 50));
});

test('bodies are good ones, other texts, and bytes that are no text', () => {
  const bodies = bodiesOf('1', 0, 400);
  expect(bodies.filter(({ good }) => good !== undefined).length).toBeGreaterThan(30);
  expect(bodies.filter(({ body }) => typeof body === 'string').length).toBeGreaterThan(100);
  expect(bodies.filter(({ body }) => Buffer.isBuffer(body)).length).toBeGreaterThan(50);
  expect(bodies.filter(({ body }) => holdsSecret(body.toString())).length).toBeGreaterThan(200);
});

test('a secret is found however it is spelled, and a network is none', () => {
  for (const before of ['', 'a', 'ab']) {
    const text = `${before}${secrets.text}42`;
    expect(holdsSecret(text)).toBe(true);
    for (const spelling of ['base64', 'base64url', 'hex'] as const)
      expect(holdsSecret(Buffer.from(text).toString(spelling))).toBe(true);
  }
  expect(holdsSecret('{"masked_net": "198.51.100.0/24"}')).toBe(false);
  expect(holdsSecret('{"masked_net": "198.51.100.17"}')).toBe(true);
  expect(holdsSecret('2001:db8::/48')).toBe(false);
  expect(holdsSecret('2001:db8::5e47:1')).toBe(true);
});

test('a message that says a secret where nothing is masked tells itself', () => {
  expect(tellsItself(JSON.stringify({ ip: secrets.text }))).toBe(false);
  expect(tellsItself(JSON.stringify({ locale: secrets.text }))).toBe(true);
  expect(tellsItself(Buffer.from([0xff]))).toBe(false);
});

test('arguments', () => {
  expect(readArguments([])).toEqual({ bodies: 100_000, seed: '1', json: false });
  expect(readArguments(['--bodies', '1_000', '--seed', 'x', '--json'])).toEqual({
    bodies: 1_000,
    seed: 'x',
    json: true,
  });
  expect(readArguments(['--help'])).toBe('help');
  expect(() => readArguments(['--bodies', 'many'])).toThrow('--bodies');
});
