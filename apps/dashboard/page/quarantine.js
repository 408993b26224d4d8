/** @import { Overview } from '../src/overview.ts' */
import { count, words } from './numbers.js';

let shown = '';

/** @param {Overview} overview */
export function showQuarantine({ quarantine: { held, heldIsCut, newest }, postgres }) {
  const key = JSON.stringify([held, heldIsCut, newest, postgres.code]);
  if (key === shown) return;
  shown = key;
  const nothing = postgres.code === 'ok' ? 'nothing' : 'PostgreSQL does not answer';
  const reasons = Object.entries(held).map(([reason, number]) =>
    row([cell(words(reason), 'words'), cell(`${count(number)}${heldIsCut ? '+' : ''}`, 'number')]),
  );
  body('held').replaceChildren(...(reasons.length > 0 ? reasons : [row([cell(nothing, 'quiet', 2)])]));
  const entries = newest.map(({ id, at, reason, fields, sqlstate, status }) =>
    row([
      cell(String(id)),
      time(at),
      cell(sqlstate === null ? words(reason) : `${words(reason)} (${sqlstate})`, 'words'),
      cell(fields.length === 0 ? '–' : fields.join(', '), 'words'),
      cell(status),
    ]),
  );
  body('newest').replaceChildren(...(entries.length > 0 ? entries : [row([cell(nothing, 'quiet', 5)])]));
}

/** @param {string} id */
function body(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/** @param {readonly HTMLElement[]} cells */
function row(cells) {
  const element = document.createElement('tr');
  element.append(...cells);
  return element;
}

/** @param {string} text @param {string} [style] @param {number} [span] */
function cell(text, style, span) {
  const element = document.createElement('td');
  element.textContent = text;
  if (style !== undefined) element.className = style;
  if (span !== undefined) element.colSpan = span;
  return element;
}

/** @param {number} at */
function time(at) {
  const element = document.createElement('td');
  const date = new Date(at);
  const inner = document.createElement('time');
  inner.dateTime = date.toISOString();
  const isToday = date.toDateString() === new Date().toDateString();
  const day = isToday ? '' : `${date.toLocaleDateString([], { day: 'numeric', month: 'short' })} `;
  inner.textContent = `${day}${date.toLocaleTimeString([], { hour12: false })}`;
  element.append(inner);
  return element;
}
