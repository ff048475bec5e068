// Getting in: the token in the address's fragment is exchanged once for a cookie that scripts cannot read, and is
// taken out of the address at once. A fragment that begins with '/' is a place in the window, not a token.

/** Exchanges the token, if there is one. Does nothing in Electron, where the window needs none. */
export async function enterWithToken(): Promise<void> {
  const fragment = decodeURIComponent(location.hash.slice(1));
  if (fragment === '' || fragment.startsWith('/')) return;
  const token = new URLSearchParams(fragment).get('token') ?? fragment;
  history.replaceState(null, '', location.pathname);
  await fetch('/api/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
    credentials: 'same-origin',
  }).catch(() => undefined);
}

/** Whether the station refuses this window for want of a session. False when it does not answer at all. */
export async function isLockedOut(): Promise<boolean> {
  const answer = await fetch('/api/health', { credentials: 'same-origin' }).catch(() => undefined);
  return answer?.status === 401 || answer?.status === 403;
}
