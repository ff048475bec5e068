// How many of what: images, documents, or both, and notes of this station apart. Pure.
//
// A note that says that images must not be used is no image and no document of the exam.
import { sayMany } from './formats.ts';

export type Counted = { readonly images: number; readonly objects: number; readonly notes?: number | undefined };

/** '1 document', '3 images', '4 images and documents': `n` of what an exam holds. */
export function sayObjects(n: number, { images, objects, notes = 0 }: Counted): string {
  const others = objects - notes - images;
  if (others <= 0) return sayMany(n, 'image');
  if (images === 0) return sayMany(n, 'document');
  return sayMany(n, 'image or document', 'images and documents');
}

/** Behind what was counted; '' where there is none. */
export const sayNotes = (notes = 0): string => (notes === 0 ? '' : sayMany(notes, 'note'));
