import { describe, expect, it } from 'vitest';
import { readArguments } from '../src/arguments.ts';

describe('arguments of the bench', () => {
  it('has the defaults that its help names', () => {
    expect(readArguments([])).toMatchObject({
      messages: 50_000,
      method: 'hmac',
      repeat: 0.9,
      rounds: 3,
      replicas: { extractor: 1, masker: 1, loader: 1 },
      only: ['floor', 'masque', 'peers', 'latency', 'ceilings', 'scale'],
    });
  });

  it('takes a peer of the caller’s own as a command line', () => {
    const { peers } = readArguments(['--peer', 'other=node other.js --fast']) as { peers: unknown };
    expect(peers).toEqual([{ name: 'other', argv: ['node', 'other.js', '--fast'] }]);
  });

  it.each([
    [['--method', 'rot13'], /^--method/],
    [['--repeat', '2'], /^--repeat/],
    [['--messages', 'many'], /^--messages/],
    [['--only', 'floor,walls'], /^--only/],
    [['--replicas', 'masker=0'], /^--replicas/],
    [['--peer', 'nameless'], /^--peer/],
    [['--faster'], /--faster/],
  ])('says which of %j is wrong', (args, words) => {
    expect(() => readArguments(args)).toThrow(words);
  });
});
