import { Fault, toFault } from '@masque/fault';
import type { Unmasked, Unmasker } from '@masque/keyring';
import { openVault, type Vault } from '@masque/postgres-sink';

/** From tokens to values, with the vault asked for those that need it. */
export interface TokenOpener {
  /** For each token its value, or why there is none. */
  open(tokens: readonly string[], field?: string, kid?: string): Promise<(Unmasked | Fault)[]>;
  close(): Promise<void>;
}

/** @param databaseUrl asked for only when a token of the vault comes */
export function createTokenOpener(options: {
  readonly unmasker: Unmasker;
  readonly databaseUrl: () => string;
}): TokenOpener {
  const { unmasker, databaseUrl } = options;
  let vault: Vault | undefined;

  async function linesOf(tokens: readonly string[]): ReturnType<Vault['find']> {
    const kept = tokens.filter((token) => unmasker.describe(token)?.method === 'vault');
    if (kept.length === 0) return new Map();
    vault ??= openVault({ databaseUrl: databaseUrl() });
    return vault.find(kept);
  }

  return {
    async open(tokens, field, kid) {
      const lines = await linesOf(tokens);
      const openOne = async (token: string): Promise<Unmasked | Fault> => {
        const line = lines.get(token);
        const help = { ...(kid === undefined ? {} : { kid }), ...(line?.ciphertext && { entry: line.ciphertext }) };
        try {
          return await unmasker.unmask(token, field, help);
        } catch (error) {
          const fault = toFault(error);
          // The unmasker has looked at everything that can be wrong with a token before it asks for the entry.
          if (fault.code !== 'token_entry_needed') return fault;
          return line?.erasedAt === undefined ? missing(fault) : erased(fault, line.erasedAt);
        }
      };
      return Promise.all(tokens.map(openOne));
    },
    close: async () => vault?.close(),
  };
}

function missing({ details }: Fault): Fault {
  return new Fault('token_entry_missing', 'the vault of this database does not know the token', {
    heals: false,
    setting: 'DATABASE_URL',
    advice: 'Is it the database that the token is from? Else it was altered, or never loaded.',
    details,
  });
}

function erased({ details }: Fault, at: Date): Fault {
  const day = at.toISOString();
  return new Fault('token_erased', `the value of this token was erased on ${day.slice(0, 10)}`, {
    heals: false,
    advice: 'Nobody can bring it back.',
    details: { ...details, erasedAt: day },
  });
}
