// Unique identifiers: what a legal one is, and the ones that name us.

/** Our implementation class (0002,0012). Never changes: it says which program wrote a file. */
export const implementationClassUid = '2.25.300714083187416284940183127094835920417';
/** Our implementation version (0002,0013), at most 16 characters. */
export const implementationVersionName = 'SAFELIGHT_010';

/** True for a UID as PS3.5 9.1 wants it: at most 64 characters, components of digits without leading zeros. */
export function isLegalUid(uid: string): boolean {
  return uid.length <= 64 && /^(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))+$/.test(uid);
}
