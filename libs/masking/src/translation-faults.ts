import { Fault } from '@masque/fault';
import type { MaskKey, MaskKeys } from './keys.ts';

export function sameKey(kid: string): Fault {
  return new Fault('rekey_same_key', `${kid} is both the old and the new key`, {
    heals: false,
    setting: '--to',
    details: { kid },
  });
}

export function keyUnknown(kid: string, held: MaskKeys): Fault {
  return new Fault(
    'token_key_unknown',
    `there is no mask key ${kid}; there is ${held.map((key) => key.kid).join(', ')}`,
    {
      heals: false,
      setting: 'MASQUE_KEYS_DIR',
      advice: 'Give the custodian’s files of both keys, in one folder.',
      details: { kid },
    },
  );
}

export function noWayBack(kid: string): Fault {
  return new Fault('token_key_unknown', `the private key ${kid} is not among the custodian’s files`, {
    heals: false,
    setting: 'MASQUE_KEYS_DIR',
    advice: 'Without it nobody can take its tokens over to another key.',
    details: { kid },
  });
}

export function irreversible(kid: string): Fault {
  return new Fault('rekey_irreversible', `tokens of the method hmac have no way back, so ${kid} has no successor`, {
    heals: false,
    advice: 'Rows keep their tokens. New ones get tokens of the new key, and equal values differ across the change.',
    details: { kid, method: 'hmac' },
  });
}

export function unnamed(method: MaskKey['method'], kid: string): Fault {
  return new Fault('rekey_unnamed', `tokens of the method ${method} name no key, so those of ${kid} cannot be found`, {
    heals: false,
    advice: 'Load the source again into a new table, with the new key.',
    details: { kid, method },
  });
}

export function vault(kid: string): Fault {
  return new Fault(
    'rekey_vault',
    `tokens of the method vault stay as they are when ${kid} is followed by another key`,
    {
      heals: false,
      advice: 'Only what masque.vault holds is encrypted anew; no row of the table is touched.',
      details: { kid, method: 'vault' },
    },
  );
}

export function tokensDiffer(from: string, to: string): Fault {
  return new Fault('rekey_tokens_differ', `${to} does not follow ${from}: the tokens of the two differ`, {
    heals: false,
    setting: '--to',
    advice: 'Take the key that `masque keys rotate` made to follow it.',
    details: { from, to },
  });
}

export function methodsDiffer(from: MaskKey, to: MaskKey): Fault {
  return new Fault('rekey_methods_differ', `${from.kid} is of the method ${from.method}, ${to.kid} of ${to.method}`, {
    heals: false,
    setting: '--to',
    advice: 'A key is followed by one of its own method.',
    details: { from: from.kid, to: to.kid },
  });
}

export function notPrimary(kid: string): Fault {
  return new Fault('rekey_not_primary', `no field is masked with ${kid} now`, {
    heals: false,
    setting: '--to',
    advice: 'Rows would get tokens that new rows do not have. Make it PRIMARY first: `masque keys promote`.',
    details: { kid },
  });
}
