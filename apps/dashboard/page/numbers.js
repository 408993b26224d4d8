/** How numbers are written: short, and always the same width for the same kind. What nobody knows is a dash. */

const none = '–';

/** Where digits would be more than can be told apart at a glance, and wider than their place. */
const short = new Intl.NumberFormat('en-US', {
  notation: 'compact',
  minimumSignificantDigits: 3,
  maximumSignificantDigits: 3,
});

/** @param {number | null | undefined} value */
export function count(value) {
  if (value === null || value === undefined) return none;
  return value < 999_999.5 ? Math.round(value).toLocaleString('en-US') : short.format(value);
}

/** @param {number | null | undefined} value @param {string} per */
export function rate(value, per) {
  if (value === null || value === undefined) return none;
  if (value >= 99_999.5) return `${short.format(value)}/${per}`;
  const digits = value > 0 && value < 9.95 ? 1 : 0;
  return `${value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })}/${per}`;
}

/** @param {number | null | undefined} seconds */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return none;
  if (seconds < 1) return `${Math.round(seconds * 1_000)} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3_600)} h`;
}

/** @param {number | null | undefined} share */
export function percent(share) {
  return share === null || share === undefined ? none : `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;
}

/** @param {number} epochSeconds */
export function clock(epochSeconds) {
  return new Date(epochSeconds * 1_000).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', hour12: false });
}

/** A code as words: `gate_backlog` is "gate backlog". @param {string} code */
export function words(code) {
  return code.replaceAll('_', ' ');
}
