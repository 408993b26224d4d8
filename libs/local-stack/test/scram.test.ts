import { expect, test } from 'vitest';
import { scramClient } from '../src/scram.ts';

// RFC 7677, section 3, less the SASL header and the server's signature.
test("RFC 7677's example", () => {
  const scram = scramClient('pencil', { user: 'user', nonce: 'rOprNGfwEbeRWgbNEkqO' });
  const first = 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO';
  const initial = scram(10, Buffer.from('SCRAM-SHA-256\0\0'));
  expect(initial?.toString('latin1')).toBe(`SCRAM-SHA-256\0\0\0\0${String.fromCharCode(first.length)}${first}`);
  const challenge = 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096';
  expect(scram(11, Buffer.from(challenge))?.toString()).toBe(
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  );
  expect(scram(0, Buffer.alloc(0))).toBeUndefined();
});
