import { Fault } from '@masque/fault';
import type { RefusedKey } from './keys.ts';
import type { MethodName } from './method.ts';

export function keyPairMismatch(kid: string): Fault {
  return new Fault('key_pair_mismatch', `the private key ${kid} has no mask key that belongs to it`, {
    heals: false,
    setting: 'MASQUE_KEYS_DIR',
    advice: 'Put custodian/unmask.json and custodian/mask.json of one `masque keys init` together.',
    details: { kid },
  });
}

export function unknownKey(kid: string, held: readonly string[]): Fault {
  return new Fault(
    'token_key_unknown',
    `the token was made with the key ${kid}; the keys here are ${held.join(', ') || 'none'}`,
    {
      heals: false,
      setting: 'MASQUE_KEYS_DIR',
      advice: 'Fetch the custodian’s files of that key.',
      details: { kid },
    },
  );
}

export function refusedKey({ kid, status }: RefusedKey): Fault {
  const isGone = status === 'DESTROYED';
  return new Fault(
    isGone ? 'token_key_destroyed' : 'token_key_disabled',
    `the token was made with the key ${kid}, which was ${isGone ? 'destroyed' : 'retired'}`,
    {
      heals: false,
      setting: 'MASQUE_KEYS_DIR',
      advice: isGone
        ? 'Nobody can open what is left of its tokens.'
        : 'If it was retired by mistake, `masque keys retire --undo` brings it back.',
      details: { kid },
    },
  );
}

export function forged(kid: string): Fault {
  return new Fault('token_forged', `the token names the key ${kid}, but no masker made it with that key`, {
    heals: false,
    advice: 'It was altered, made by someone without the masker’s secret, or is of a field that the pipeline lacks.',
    details: { kid },
  });
}

export function wrongField(kid: string, field: string, expected: string): Fault {
  return new Fault('token_wrong_field', `the token is of the field "${field}", not of "${expected}"`, {
    heals: false,
    advice: 'It was moved from one column to another.',
    details: { kid, field, expected },
  });
}

export function irreversible(method: MethodName, kid?: string): Fault {
  return new Fault('token_irreversible', `nobody can unmask a token of the method ${method}`, {
    heals: false,
    advice: 'That is what the method is for. To know whether it stands for a value that you have, mask the value.',
    details: { method, ...(kid === undefined ? {} : { kid }) },
  });
}

export function entryNeeded(kid: string): Fault {
  return new Fault('token_entry_needed', 'the value of this token is in the vault, whose entry was not given', {
    heals: false,
    advice: 'Look the token up in masque.vault; without an entry there, its value was erased.',
    details: { kid, method: 'vault' },
  });
}

export function ambiguousKey(method: MethodName, held: readonly string[]): Fault {
  return new Fault(
    'token_key_ambiguous',
    `tokens of the method ${method} name no key, and there are several: ${held.join(', ')}`,
    { heals: false, advice: 'Say which key masked the rows in question.', details: { method } },
  );
}
