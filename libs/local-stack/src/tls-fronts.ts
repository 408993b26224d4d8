import { createTlsAuthority, type TlsAuthority } from './tls-authority.ts';
import { startTlsFront, type TlsFront, type TlsFrontOptions } from './tls-front.ts';

/** One server behind four certificates. `stranger`’s is good, but of an authority that nobody has told the client of. */
export interface TlsFronts {
  readonly authority: TlsAuthority;
  readonly good: TlsFront;
  readonly wrongHost: TlsFront;
  readonly expired: TlsFront;
  readonly stranger: TlsFront;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function startTlsFronts(options: Omit<TlsFrontOptions, 'identity'>): Promise<TlsFronts> {
  const [authority, other] = await Promise.all([createTlsAuthority(), createTlsAuthority()]);
  const here = 'DNS:localhost,IP:127.0.0.1';
  const identities = [
    await authority.issue(here),
    await authority.issue('DNS:elsewhere.example'),
    await authority.issue(here, 'expired'),
    await other.issue(here),
  ];
  const fronts = await Promise.all(identities.map((identity) => startTlsFront({ ...options, identity })));
  const [good, wrongHost, expired, stranger] = fronts as [TlsFront, TlsFront, TlsFront, TlsFront];
  return {
    authority,
    good,
    wrongHost,
    expired,
    stranger,
    async [Symbol.asyncDispose]() {
      await Promise.all([...fronts.map((front) => front.close()), authority.remove(), other.remove()]);
    },
  };
}
