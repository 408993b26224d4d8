import { expect, test } from 'vitest';
import { holdsValue } from '../src/erase/body-match.ts';

const value = '10.0.0.1';
const isSame = (text: string): boolean => text.trim() === value;

test.each([
  ['{"ip":"10.0.0.1"}', true],
  ['{"ip":"10.0.0.10","old":["x",{"ip":" 10.0.0.1"}]}', true],
  ['{"ip":"10.0.0.10"}', false],
  // A key is no value; a text that holds one among others is a text of its own.
  ['{"10.0.0.1":1,"note":"from 10.0.0.1"}', false],
  [`${'['.repeat(20_000)}"10.0.0.1"${']'.repeat(20_000)}`, true],
  ['"10.0.0.1"', true],
  ['null', false],
  ['', false],
])('JSON: %.40s', (body, holds) => {
  expect(holdsValue(body, value, isSame)).toBe(holds);
});

test.each([
  ['{"ip": 10.0.0.1', true],
  ['10.0.0.1', true],
  ['from 10.0.0.1.', true],
  ['"10.0.0.1":', true],
  ['x=10.0.0.1;', true],
  ['10.0.0.10 10.0.0.1,', true],
  ['110.0.0.1 {', false],
  ['10.0.0.1.5 {', false],
  ['::10.0.0.1:2 {', false],
  ['a-10.0.0.1 {', false],
  ['é10.0.0.1 {', false],
])('no JSON: %s', (body, holds) => {
  expect(holdsValue(body, ` ${value} `, isSame)).toBe(holds);
});
