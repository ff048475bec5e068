// Files that the station makes and a person keeps: fetched whole, then handed to the browser to be saved.
import { troubleOf } from './trouble.ts';

/** Saves what an address answers, under the name that the station gives it. Throws TroubleError when there is none. */
export async function saveFile(address: string): Promise<string> {
  const answer = await fetch(address, { credentials: 'same-origin' });
  if (!answer.ok) throw await troubleOf(answer);
  const name = /filename="([^"]+)"/.exec(answer.headers.get('Content-Disposition') ?? '')?.[1] ?? 'safelight';
  const local = URL.createObjectURL(await answer.blob());
  Object.assign(document.createElement('a'), { href: local, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(local), 60_000);
  return name;
}
