import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';

type Encoding = 'br' | 'gzip' | 'identity';

/** A file of the page, as it may be sent. */
interface PageFile {
  readonly type: string;
  /** Its name changes with its content: whoever has it need not ask again. */
  readonly isHashed: boolean;
  readonly tag: string;
  readonly bytes: Readonly<Partial<Record<Encoding, Buffer>>> & { readonly identity: Buffer };
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
};
/** How a compressed form of a file is called. */
const SUFFIXES = { br: '.br', gzip: '.gz' } as const;
/** As the bundler names files: `main-5XQ2KJ7A.js`. */
const HASHED = /-[A-Z0-9]{8}[.][a-z]+$/;

/** The page loads its own files and talks to its own API: nothing else, nowhere else, and no text ever becomes code. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/**
 * Answers with the files of the Secrets page that were built into a folder (deploy/image/console.ts). They are read with the
 * first request, and nothing else ever is: a request only chooses among names that are known. There is nothing secret in
 * them, so nobody is asked who they are.
 */
export function createPage(folder: string): RequestListener {
  let files: Promise<ReadonlyMap<string, PageFile>> | undefined;
  return (request, response) => {
    files ??= readPage(folder).catch(() => new Map<string, PageFile>());
    void files.then((known) => {
      // Who builds it need not start the operator again.
      if (known.size === 0) files = undefined;
      answer(known, request, response);
    });
  };
}

function answer(files: ReadonlyMap<string, PageFile>, request: IncomingMessage, response: ServerResponse): void {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    say(response, 405, 'The page is only read: GET or HEAD. The API is below /api/v1/.');
    return;
  }
  const [path = ''] = (request.url ?? '').split('?');
  const file = files.get(path === '/' ? '/index.html' : path);
  if (file !== undefined) send(file, request, response);
  else if (path === '/' && files.size === 0)
    say(
      response,
      503,
      'The Secrets page is not built: node deploy/image/console.ts FOLDER, then CONSOLE_FOLDER=FOLDER.',
    );
  else say(response, 404, 'There is nothing at this path. The Secrets page is at /, the API below /api/v1/.');
}

function send(file: PageFile, request: IncomingMessage, response: ServerResponse): void {
  const encoding = encodingOf(request.headers['accept-encoding'], file);
  const tag = `"${file.tag}-${encoding}"`;
  response.setHeaders(new Headers(HEADERS));
  response.setHeader('cache-control', file.isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
  response.setHeader('etag', tag).setHeader('vary', 'accept-encoding');
  if (isKnown(request.headers['if-none-match'], tag)) {
    response.writeHead(304).end();
    return;
  }
  const { [encoding]: bytes = file.bytes.identity } = file.bytes;
  if (encoding !== 'identity') response.setHeader('content-encoding', encoding);
  response.writeHead(200, { 'content-type': file.type, 'content-length': bytes.length });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

function say(response: ServerResponse, status: number, text: string): void {
  response.setHeaders(new Headers(HEADERS));
  response.writeHead(status, { 'cache-control': 'no-store', 'content-type': TYPES['.txt'] });
  // node leaves the body out by itself where the request was a HEAD.
  response.end(`${text}\n`);
}

/** The smallest form that the browser takes. Of the weights in Accept-Encoding only 0, a refusal, counts. */
function encodingOf(header: string | string[] | undefined, { bytes }: PageFile): Encoding {
  const taken = String(header ?? '')
    .split(',')
    .map((part) => part.trim().toLowerCase())
    .filter((part) => !/;\s*q=0(?:[.]0*)?$/.test(part))
    .map((part) => part.replace(/\s*;.*$/, ''));
  return (['br', 'gzip'] as const).find((each) => taken.includes(each) && bytes[each] !== undefined) ?? 'identity';
}

function isKnown(header: string | undefined, tag: string): boolean {
  return (header ?? '').split(',').some((each) => each.trim().replace(/^W\//, '') === tag);
}

/** The files of the folder, by the path that they are asked for at. Throws when there is no page in it. */
async function readPage(folder: string): Promise<ReadonlyMap<string, PageFile>> {
  const names = await readdir(folder);
  if (!names.includes('index.html')) throw new Error('no page in this folder');
  const files = names
    .filter((name) => extname(name) in TYPES)
    .map(async (name) => [`/${name}`, await readPageFile(folder, name, names)] as const);
  return new Map(await Promise.all(files));
}

async function readPageFile(folder: string, name: string, names: readonly string[]): Promise<PageFile> {
  const identity = await readFile(join(folder, name));
  const compressed = Object.entries(SUFFIXES)
    .filter(([, suffix]) => names.includes(name + suffix))
    .map(async ([encoding, suffix]) => [encoding, await readFile(join(folder, name + suffix))] as const);
  return {
    type: TYPES[extname(name)] ?? '',
    isHashed: HASHED.test(name),
    tag: createHash('sha256').update(identity).digest('base64url').slice(0, 22),
    bytes: { ...Object.fromEntries(await Promise.all(compressed)), identity },
  };
}
