import { definePipeline, ff1, ipcryptDet, redact, rsa, siv, truncate, vault } from '@masque/pipeline';
import { z } from 'zod';

const optional = z.string().nullable();

export default definePipeline({
  name: 'every-method',
  source: { queue: 'every-method' },
  record: z.object({
    id: z.string(),
    ip: optional,
    device: optional,
    email: optional,
    kept: optional,
    number: optional,
    host: optional,
    network: optional,
    note: optional,
  }),
  mask: {
    ip: rsa('address', { bits: 2048 }),
    device: rsa('text', { bits: 2048 }),
    email: siv('text'),
    kept: vault('text', { bits: 2048 }),
    number: ff1({ alphabet: '0123456789', keep: '-' }),
    host: ipcryptDet(),
    network: truncate(),
    note: redact(),
  },
  target: {
    table: 'people',
    columns: {
      id: { type: 'text', from: 'id' },
      ip: { type: 'text', token: 'ip' },
      device: { type: 'text', token: 'device' },
      email: { type: 'text', token: 'email' },
      kept: { type: 'text', token: 'kept' },
      number: { type: 'text', token: 'number' },
      host: { type: 'text', token: 'host' },
      network: { type: 'text', token: 'network' },
      note: { type: 'text', token: 'note' },
    },
  },
});
