// One step a migration, in order. A step that was released is never edited.
import { firstBook } from './0001-first-book.ts';
import { devices } from './0002-devices.ts';
import { conflicts } from './0003-conflicts.ts';
import { recovery } from './0004-recovery.ts';
import { space } from './0005-space.ts';
import { search } from './0006-search.ts';
import { routes } from './0007-routes.ts';
import { confirmation } from './0008-confirmation.ts';
import { transcodes } from './0009-transcodes.ts';
import { alerts } from './0010-alerts.ts';
import { orders } from './0011-orders.ts';
import { patients } from './0012-patients.ts';
import { corrections } from './0013-corrections.ts';
import { rearranging } from './0014-rearranging.ts';
import { matching } from './0015-matching.ts';
import { notices } from './0016-notices.ts';
import { release } from './0017-release.ts';
import { presentation } from './0018-presentation.ts';
import { releaseTwo } from './0022-release-two.ts';
import { ordersTwo } from './0023-orders-two.ts';
import { ownObjects } from './0024-own-objects.ts';
import { patientCodes } from './0026-patient.ts';
import { hintsLookedAt } from './0027-review.ts';
import { countingHeld } from './0031-speed.ts';
import { judging } from './0019-judging.ts';
import { priors } from './0020-priors.ts';
import { readerNotes } from './0021-notes.ts';

export const migrations: readonly string[] = [
  firstBook,
  devices,
  conflicts,
  recovery,
  space,
  search,
  routes,
  confirmation,
  transcodes,
  alerts,
  orders,
  patients,
  corrections,
  rearranging,
  matching,
  notices,
  release,
  presentation,
  judging,
  priors,
  readerNotes,
  releaseTwo,
  ordersTwo,
  ownObjects,
  patientCodes,
  hintsLookedAt,
  countingHeld,
];
