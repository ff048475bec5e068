// Where an exam is, and what it holds, as a person reads it.
import { describe, expect, test } from 'vitest';
import { sayContents, sayForecast, sayWhereabouts } from '#ui/text/index.ts';

const counts = { objects: 3, images: 3, series: 1, undecided: 0, approved: 3, rejected: 0, conflicts: 0 };
const share = { total: 3, waiting: 0, sent: 0, confirmed: 3, blocked: 0, held: 0, cancelled: 0 };
const say = (...shares: readonly (Partial<typeof share> & { readonly destinationId: string })[]) =>
  sayWhereabouts({ counts, deliveries: shares.map((one) => ({ ...share, ...one })) }, (id) => id);

describe('where an approved exam is', () => {
  test('what was cancelled is not on its way', () => {
    expect(say({ destinationId: 'Archive', total: 4, cancelled: 1 })).toBe('3 images are at Archive, proved.');
    expect(say({ destinationId: 'Archive' }, { destinationId: 'Cache', confirmed: 0, cancelled: 3 })).toBe(
      '3 images are at Archive, proved.',
    );
    expect(say({ destinationId: 'Archive' }, { destinationId: 'Cache', confirmed: 1, waiting: 2 })).toBe(
      '3 images on the way to Cache; at Archive, proved.',
    );
  });
  test('what was cancelled everywhere is nowhere', () => {
    expect(say({ destinationId: 'Archive', confirmed: 0, cancelled: 3 })).toBe('Nothing of this exam leaves.');
  });
});

describe('what an exam holds', () => {
  const source = { kind: 'dicom', label: 'US', address: null } as const;
  const forecast = { objectsThatLeave: 1, objectsThatStay: 0, destinations: [], notTo: [] };
  test('a document is no image, and a note about images is neither', () => {
    expect(sayForecast(forecast, [], { images: 0, objects: 1 })).toBe(
      '1 document leaves nowhere: no destination is set up.',
    );
    expect(sayForecast(forecast, [], { images: 2, objects: 3 })).toContain('1 image or document leaves');
    const noted = { ...counts, objects: 4, approved: 4, notes: 1 };
    expect(sayContents({ modalities: ['US'], counts: noted, source })).toBe('US, 3 images, 1 note');
    const deliveries = [{ ...share, destinationId: 'Archive', total: 4, confirmed: 4 }];
    expect(sayWhereabouts({ counts: noted, deliveries }, (id) => id)).toBe('3 images are at Archive, proved.');
  });
});
