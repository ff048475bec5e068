// R16 at the archive's side in a small size. The figure itself: node test/soak/archive-side.ts
import { expect, it } from 'vitest';
import { orthancIsInstalled } from '../peers/programs/index.ts';
import { runArchiveSide } from './archive-side.ts';

if (!orthancIsInstalled()) console.warn('NOT VERIFIED: Orthanc absent');

it.skipIf(!orthancIsInstalled())(
  '50 images sent again, by a device and after lost answers, are no more images in the archive',
  async () => {
    const { resentByDevice, resentAfterLostAnswers, extra, missing } = await runArchiveSide(50);
    expect({ extra, missing, resent: resentByDevice + resentAfterLostAnswers }).toEqual({
      extra: 0,
      missing: 0,
      resent: 50,
    });
  },
);
