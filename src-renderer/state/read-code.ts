// What a scanned code says of the patient, as the station reads it. Pure.

/** The group `id` of the site's pattern, else its first group, else what it matches, else all of the code. */
export function readCode(code: string, pattern: string): string {
  if (pattern === '') return code;
  const found = new RegExp(pattern, 'u').exec(code);
  return found?.groups?.['id'] ?? found?.[1] ?? found?.[0] ?? code;
}

/** What a code is read as while the pattern is being typed: 'bad' is no pattern, 'not-found' takes all of the code. */
export function tryCode(
  code: string,
  pattern: string,
): { readonly id: string; readonly how: 'found' | 'not-found' | 'bad' } {
  try {
    const isFound = pattern === '' || new RegExp(pattern, 'u').test(code);
    return { id: readCode(code, pattern), how: isFound ? 'found' : 'not-found' };
  } catch {
    return { id: code, how: 'bad' };
  }
}
