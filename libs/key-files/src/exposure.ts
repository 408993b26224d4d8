export interface Identity {
  /** The effective user of this process. */
  readonly uid: number;
}

export interface Exposure {
  readonly what: string;
  /** The octal mode that mends it. */
  readonly mode: string;
}

const [groupRead, groupOther, groupOtherWrite] = [0o040, 0o077, 0o022];

/**
 * What a file's mode gives away, or undefined. A secret grants nothing to group or others, a public key grants them
 * no writing.
 *
 * One exception: Kubernetes mounts a Secret as root:fsGroup, mode 0440 at the strictest, so for a process that is
 * not root the group is the only way in. Then, and only then, a secret may be group-readable.
 */
export function exposure(
  file: { readonly mode: number; readonly uid: number },
  secret: boolean,
  self: Identity,
): Exposure | undefined {
  if (!secret) {
    const writable = (file.mode & groupOtherWrite) !== 0;
    return writable ? { what: 'can be replaced by others than its owner', mode: '644' } : undefined;
  }
  const mounted = file.uid === 0 && self.uid !== 0;
  const forbidden = mounted ? groupOther & ~groupRead : groupOther;
  if ((file.mode & forbidden) === 0) return undefined;
  return { what: 'is open to others than its owner', mode: mounted ? '440' : '600' };
}
