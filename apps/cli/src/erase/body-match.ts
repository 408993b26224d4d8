/**
 * Whether a quarantined body holds a value: as any of its texts, in any spelling that is the same value; or, where it
 * is no JSON, as it was given and as a word of its own, so that `10.0.0.1` is not found in `10.0.0.10`.
 */
export function holdsValue(body: string, value: string, isSame: (text: string) => boolean): boolean {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return holdsWord(body, value.trim());
  }
  // No recursion: a body may be here because it nests too deeply.
  const left: unknown[] = [json];
  while (left.length > 0) {
    const each = left.pop();
    if (typeof each === 'string' && isSame(each)) return true;
    if (typeof each === 'object' && each !== null) for (const inner of Object.values(each)) left.push(inner);
  }
  return false;
}

function holdsWord(text: string, word: string): boolean {
  if (word === '') return false;
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1)) {
    if (!goesOn(text, at - 1, -1) && !goesOn(text, at + word.length, 1)) return true;
  }
  return false;
}

/** Does a word go on here? An address, a number or a name may hold dots, colons and dashes, but does not end in one. */
function goesOn(text: string, at: number, step: 1 | -1): boolean {
  const character = text.charAt(at);
  if (letter.test(character)) return true;
  return ['.', ':', '-'].includes(character) && letter.test(text.charAt(at + step));
}

const letter = /[\p{L}\p{N}_]/u;
