import { Fault } from '@masque/fault';
import { describe, expect, test } from 'vitest';
import { isRowRefusal, sqlFault } from '../src/sql-fault.ts';

const where = 'db:5432/masque';
const fault = (error: object): Fault => sqlFault(Object.assign(new Error('said'), error), where);

describe('what PostgreSQL answers, by SQLSTATE', () => {
  test.each([
    ['22001', 'row_refused', false],
    ['22003', 'row_refused', false],
    ['22021', 'row_refused', false],
    ['23502', 'row_refused', false],
    ['23514', 'row_refused', false],
    ['54000', 'row_refused', false],
    ['P0001', 'row_refused', false],
    ['44000', 'row_refused', false],
    ['08006', 'postgres_busy', true],
    ['25P04', 'postgres_busy', true],
    ['40001', 'postgres_busy', true],
    ['40P01', 'postgres_busy', true],
    ['53100', 'postgres_busy', true],
    ['53300', 'postgres_busy', true],
    ['55P03', 'postgres_busy', true],
    ['57014', 'postgres_busy', true],
    ['57P01', 'postgres_busy', true],
    ['57P03', 'postgres_busy', true],
    ['58030', 'postgres_busy', true],
    ['25006', 'postgres_read_only', true],
    ['28P01', 'postgres_refused', false],
    ['3D000', 'database_missing', false],
    ['42501', 'privilege_missing', false],
    ['42P01', 'table_missing', false],
    ['42703', 'postgres_failed', false],
    ['0A000', 'postgres_failed', false],
    ['54001', 'postgres_failed', false],
  ])('%s is %s, heals: %s', (code, expected, heals) => {
    expect(fault({ code })).toMatchObject({ code: expected, heals, details: { sqlstate: code } });
    expect(isRowRefusal(fault({ code }))).toBe(expected === 'row_refused');
  });
});

describe('what failed before PostgreSQL answered', () => {
  test.each([
    [{ code: 'ECONNREFUSED', syscall: 'connect' }, 'postgres_unreachable', true],
    [{ code: 'ENOTFOUND', syscall: 'getaddrinfo' }, 'postgres_unreachable', true],
    [{ code: 'ENOENT', syscall: 'connect' }, 'postgres_unreachable', true],
    [{ code: 'EPIPE', syscall: 'write' }, 'postgres_unreachable', true],
    [{ code: 'ECONNRESET', syscall: 'read' }, 'postgres_unreachable', true],
    [{ message: 'Connection terminated unexpectedly' }, 'postgres_unreachable', true],
    [{ message: 'Query read timeout' }, 'postgres_unreachable', true],
    [{ code: 'ENOENT', syscall: 'open' }, 'database_url_invalid', false],
    [{ code: 'ERR_INVALID_URL' }, 'database_url_invalid', false],
    [{ message: 'SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string' }, 'postgres_refused', false],
    [{ message: 'The server does not support SSL connections' }, 'postgres_tls', false],
    [{ code: 'SELF_SIGNED_CERT_IN_CHAIN' }, 'postgres_tls', false],
    [{ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }, 'postgres_tls', false],
    [{ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }, 'postgres_tls', false],
    [{ code: 'CERT_HAS_EXPIRED' }, 'postgres_tls', false],
  ])('%j is %s, heals: %s', (error, code, heals) => {
    expect(fault(error)).toMatchObject({ code, heals });
  });
});

test('a fault is passed on as it is', () => {
  const own = new Fault('own', 'own', { heals: true });
  expect(sqlFault(own, where)).toBe(own);
});

test('nothing that PostgreSQL quotes gets through, and of a trigger’s words not even names', () => {
  const secret = 'SENTINEL';
  const quoting = { message: secret, detail: secret, where: secret, internalQuery: secret, hint: secret };
  const names = { table: 'logins', constraint: 'logins_key' };
  const refused = fault({ code: '23505', file: 'nbtinsert.c', ...quoting, ...names });
  expect(refused.details).toEqual({ sqlstate: '23505', ...names });
  const raised = fault({ code: '23505', file: 'pl_exec.c', ...quoting, table: secret, column: secret, schema: secret });
  expect(raised.details).toEqual({ sqlstate: '23505' });
  for (const each of [refused, raised, fault(quoting)]) {
    expect(`${JSON.stringify(each)} ${each.stack} ${String(each.cause)}`).not.toContain(secret);
  }
});
