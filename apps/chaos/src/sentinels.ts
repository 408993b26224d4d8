/**
 * Values that must be seen nowhere: every address and every device in the traffic begins with one of these, and every
 * bad message holds the third. Long and odd enough that no token, key or number holds one by chance.
 */
export const sentinels = {
  address: '203.0.113.',
  address6: '2001:db8:5e47:',
  device: 'SNTNL-device-7f3a91-',
  bad: 'SNTNL-bad-52c0e4-',
} as const;

/** In clear, in hex, and as base64 carries it at each of its three alignments. */
function spellings(sentinel: string): string[] {
  const aligned = ['', 'x', 'xx'].map((shift) => {
    const encoded = Buffer.from(shift + sentinel).toString('base64');
    return encoded.slice(shift.length === 0 ? 0 : 4, -4);
  });
  return [sentinel, Buffer.from(sentinel).toString('hex'), ...aligned];
}

const searched = Object.entries(sentinels).map(([name, sentinel]) => ({ name, spellings: spellings(sentinel) }));

/** Names of the sentinels that stand in a text: in words, as a report must not repeat what it must not show. */
export function sentinelsIn(text: string): string[] {
  return searched
    .filter(({ spellings }) => spellings.some((spelling) => text.includes(spelling)))
    .map(({ name }) => name);
}
