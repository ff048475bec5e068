// All that is decided about images that have left, wired together: rejections with their notes, corrected copies, and
// what devices say of images. Opens nothing that is not closed by `close`.
import type { CorrectedAfterRelease, DeviceNoteChoice } from '#contract/shapes/after-release.ts';
import type { ObjectRow } from '#contract/shapes/exam.ts';
import { openAfterRelease, type AfterRelease } from './after-release.ts';
import {
  openReleaseCorrections,
  type CorrectReleased,
  type ReleaseCorrectionRooms,
  type ReleaseCorrections,
} from './correct-after-release.ts';
import { openDeviceNoteFlow, type DeviceNoteRooms } from './device-notes.ts';

export type Released = Pick<AfterRelease, 'concerns' | 'reject' | 'advance'> & {
  /** Looks into what devices said, after something arrived. Never throws. */
  look(examIds: readonly string[]): void;
  /** How corrections go back together with the rearrangement that made their copies. */
  readonly corrections: Pick<ReleaseCorrections, 'mayUndo' | 'undone'>;
  readonly desk: {
    correct(command: Omit<CorrectReleased, 'by'>): Promise<CorrectedAfterRelease>;
    answerNote(objectId: string, choice: DeviceNoteChoice): Promise<ObjectRow>;
  };
  close(): Promise<void>;
};

type Rooms = Omit<ReleaseCorrectionRooms & DeviceNoteRooms, 'advance' | 'catalog'> & {
  readonly catalog: ReleaseCorrectionRooms['catalog'] &
    DeviceNoteRooms['catalog'] & { objectRow(objectId: string): ObjectRow };
  readonly by: () => string;
};

export function openReleased(rooms: Rooms): Released {
  const { by, catalog } = rooms;
  const afterRelease = openAfterRelease(rooms);
  const { advance } = afterRelease;
  const corrections = openReleaseCorrections({ ...rooms, advance });
  const notes = openDeviceNoteFlow({ ...rooms, advance });
  return {
    concerns: afterRelease.concerns,
    reject: afterRelease.reject,
    advance,
    look: notes.look,
    corrections,
    desk: {
      correct: (command) => corrections.correct({ ...command, by: by() }),
      answerNote: async (objectId, choice) => {
        await notes.answer(objectId, choice, by());
        return catalog.objectRow(objectId);
      },
    },
    close: async () => {
      await notes.close();
      await afterRelease.close();
    },
  };
}
