// A person's name as people type it into one field.

/**
 * 'Weber, Anna' is meant as 'Weber^Anna'. What has no comma stays as it is: which of its words is the family name is known to
 * nobody (PS3.5 6.2.1). What has components already is left alone.
 */
export const asPersonName = (typed: string): string =>
  typed.includes('^') || typed.includes('\\') ? typed : typed.replace(/\s*,\s*/, '^');
