/**
 * One answer of HTTP/1.1 (RFC 9112), as it arrives.
 *
 *     head ──content-length──▶ sized ──────────────last byte──▶ whole
 *      ├─────chunked────────▶ size line ◀──▶ chunk ──last──▶ trailer ──empty line──▶ whole
 *      └─────neither────────▶ until the end ───────closed──▶ whole
 *
 * Only what a plain success looks like is read: status 200, one body. Everything else, and every octet that should not be
 * there, is `broken`, and the connection it came over is used no more: what follows an answer could be taken for the next
 * one's. Whoever needs to know what was wrong asks the SDK, which makes the call again.
 */
export interface Answer {
  /** In UTF-8; bytes that are none are replaced. */
  readonly text: string;
  /** May another request follow on the same connection? */
  readonly isKept: boolean;
}

export type Progress = 'more' | 'broken' | Answer;

export interface AnswerReader {
  /** Bytes as they came. They are not kept: the caller may read into the same place again. */
  take(bytes: Buffer): Progress;
  /** The far end has closed. */
  end(): Progress;
}

type Frame = 'head' | 'sized' | 'size line' | 'chunk' | 'chunk end' | 'trailer' | 'until the end' | 'over';

/** Node's own limit is the same. */
const headMax = 16_384;
const lineFeed = 0x0a;

export function createAnswerReader(): AnswerReader {
  let frame: Frame = 'head';
  let isKept = false;
  let left = 0;
  let line = '';
  let head: Buffer | undefined;
  const pieces: Buffer[] = [];

  function finish(text: string): Answer {
    frame = 'over';
    return { text, isKept };
  }

  function whole(): Answer {
    return finish(Buffer.concat(pieces).toString());
  }

  function broken(): 'broken' {
    frame = 'over';
    return 'broken';
  }

  function takeHead(bytes: Buffer): Progress {
    const all = head === undefined ? bytes : Buffer.concat([head, bytes]);
    const end = all.indexOf('\r\n\r\n');
    if (end === -1 || end > headMax) {
      if (all.length > headMax) return broken();
      head = Buffer.from(all);
      return 'more';
    }
    const read = readHead(all.toString('latin1', 0, end));
    if (read === undefined) return broken();
    isKept = read.isKept;
    left = read.length ?? 0;
    frame = read.isChunked ? 'size line' : read.length === undefined ? 'until the end' : 'sized';
    const body = all.subarray(end + 4);
    // Nearly every answer is here at once, and is never copied as bytes.
    if (frame === 'sized' && body.length === left) return finish(body.toString());
    return takeBody(body);
  }

  function takeBody(bytes: Buffer): Progress {
    switch (frame) {
      case 'sized':
        if (bytes.length > left) return broken();
        left -= bytes.length;
        pieces.push(Buffer.from(bytes));
        return left === 0 ? whole() : 'more';
      case 'until the end':
        pieces.push(Buffer.from(bytes));
        return 'more';
      default:
        return takeChunks(bytes);
    }
  }

  function takeChunks(bytes: Buffer): Progress {
    let at = 0;
    while (at < bytes.length) {
      if (frame === 'chunk') {
        const end = Math.min(bytes.length, at + left);
        pieces.push(Buffer.from(bytes.subarray(at, end)));
        left -= end - at;
        at = end;
        if (left === 0) frame = 'chunk end';
        continue;
      }
      const feed = bytes.indexOf(lineFeed, at);
      const end = feed === -1 ? bytes.length : feed + 1;
      line += bytes.toString('latin1', at, end);
      at = end;
      if (line.length > headMax) return broken();
      if (feed === -1) return 'more';
      const next = afterLine(line);
      line = '';
      if (next === undefined) return broken();
      if (next === 'over') return at === bytes.length ? whole() : broken();
      frame = next;
    }
    return 'more';
  }

  function afterLine(text: string): Frame | undefined {
    if (frame === 'trailer') return text === '\r\n' ? 'over' : 'trailer';
    if (frame === 'chunk end') return text === '\r\n' ? 'size line' : undefined;
    const [, size] = /^([0-9a-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r\n$/i.exec(text) ?? [];
    if (size === undefined) return undefined;
    left = Number.parseInt(size, 16);
    return left === 0 ? 'trailer' : 'chunk';
  }

  return {
    take(bytes) {
      if (frame === 'over') return 'broken';
      return frame === 'head' ? takeHead(bytes) : takeBody(bytes);
    },
    end: () => (frame === 'until the end' ? whole() : broken()),
  };
}

interface Head {
  readonly isKept: boolean;
  readonly isChunked: boolean;
  /** Of the body, bytes; undefined where the connection's end is the body's. */
  readonly length: number | undefined;
}

/** Undefined unless it is the head of an answer that is read here. A length given twice, or beside chunks, is not. */
function readHead(head: string): Head | undefined {
  const [status = '', ...lines] = head.split('\r\n');
  if (!/^HTTP\/1\.[01] 200(?: |$)/.test(status)) return undefined;
  let length: number | undefined;
  let isChunked = false;
  // HTTP/1.0 keeps none, unless it is asked to.
  let isKept = status.startsWith('HTTP/1.1');
  for (const line of lines) {
    if (line.includes('\n')) return undefined;
    const name = line.slice(0, Math.max(0, line.indexOf(':'))).toLowerCase();
    if (!meaningful.has(name)) continue;
    const value = line.slice(name.length + 1).trim();
    switch (name) {
      case 'content-length':
        if (length !== undefined || !/^\d{1,10}$/.test(value)) return undefined;
        length = Number(value);
        break;
      case 'transfer-encoding':
        if (isChunked || value.toLowerCase() !== 'chunked') return undefined;
        isChunked = true;
        break;
      case 'connection':
        if (value.toLowerCase().includes('close')) isKept = false;
        break;
      default:
        // A body that is compressed was not asked for.
        return undefined;
    }
  }
  if (isChunked && length !== undefined) return undefined;
  return { isKept: isKept && (isChunked || length !== undefined), isChunked, length };
}

const meaningful: ReadonlySet<string> = new Set([
  'content-length',
  'transfer-encoding',
  'connection',
  'content-encoding',
]);
