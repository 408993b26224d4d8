import { rsa, versionNumber } from '@masque/pipeline';
import { expect, test } from 'vitest';
import pipeline from '../user-logins.ts';

test('the table is the challenge’s, column by column; the two tokens need the room of text', () => {
  expect(pipeline.target.table).toBe('user_logins');
  expect(pipeline.target.columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
    'user_id varchar(128)',
    'device_type varchar(32)',
    'masked_ip text',
    'masked_device_id text',
    'locale varchar(32)',
    'app_version integer',
    'create_date date',
  ]);
});

test('the address and the device leave as tokens only', () => {
  expect(pipeline.mask).toEqual({ ip: rsa('address'), device_id: rsa('text') });
  const sources = Object.fromEntries(pipeline.target.columns.map(({ name, source }) => [name, source]));
  expect(sources).toEqual({
    user_id: { kind: 'field', field: 'user_id' },
    device_type: { kind: 'field', field: 'device_type' },
    masked_ip: { kind: 'token', field: 'ip' },
    masked_device_id: { kind: 'token', field: 'device_id' },
    locale: { kind: 'field', field: 'locale' },
    app_version: { kind: 'field', field: 'app_version', as: versionNumber },
    create_date: { kind: 'message', attribute: 'sent_day' },
  });
});

test('it reads the challenge’s queue, and only the locale may be null', () => {
  expect(pipeline.source.queue).toBe('login-queue');
  const fields = Object.keys(pipeline.record.shape);
  const nulls = Object.fromEntries(fields.map((field) => [field, null]));
  const complaints = pipeline.record.safeParse(nulls).error?.issues.map(({ path }) => path[0]);
  expect(complaints).toEqual(['user_id', 'app_version', 'device_type', 'ip', 'device_id']);
});
