// Answers what the window asks for under app://station/: its own files, and the byte paths of the station.
//
// Every answer carries the house's security headers. Refuses other hosts, other methods for files, and every path that
// leads out of the folder of the pages.
import { readFile } from 'node:fs/promises';
import { fileBelow, securityHeaders, typeOf } from '../headless/pages.ts';

/** The address of the window's only page, and the origin of everything that may speak to the shell. */
export const windowOrigin = 'app://station';
export const windowAddress = `${windowOrigin}/index.html`;

export type WindowSources = {
  /** Folder of the built window. */
  readonly pagesFolder: string;
  /** Everything below /api/. */
  bytes(request: Request): Promise<Response>;
};

export async function answerWindow(request: Request, sources: WindowSources): Promise<Response> {
  const url = new URL(request.url);
  if (url.host !== 'station') return refuse(404);
  if (url.pathname.startsWith('/api/')) return withSecurity(await sources.bytes(request));
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405);
  const file = fileBelow(sources.pagesFolder, url.pathname);
  const content = file === undefined ? undefined : await readFile(file).catch(() => undefined);
  if (file === undefined || content === undefined) return refuse(404);
  return withSecurity(new Response(content, { status: 200, headers: { 'Content-Type': typeOf(file) } }));
}

const refuse = (status: number): Response => withSecurity(new Response('Not here.\n', { status }));

function withSecurity(response: Response): Response {
  // What is stricter already, such as the policy of a stranger's document, stays.
  for (const [name, value] of Object.entries(securityHeaders))
    if (!response.headers.has(name)) response.headers.set(name, value);
  return response;
}
