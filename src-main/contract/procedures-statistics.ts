// Figures of a span of days, and the images behind them. Tables and the report go by address (desk/bytes):
//
//     GET /api/statistics/{table}.csv?span=…   groups, time, exposure, sending, images
//     GET /api/statistics/report.pdf?span=…
import { oc } from '@orpc/contract';
import { keptBackAskedShape, keptBackPageShape, statisticsAskedShape, statisticsShape } from './shapes/statistics.ts';

export const statisticsProcedures = {
  statistics: {
    read: oc
      .route({
        method: 'GET',
        path: '/statistics',
        summary: 'Rejects and repeats with what they are counted against, exposure, arrivals, outages and sending',
      })
      .input(statisticsAskedShape.prefault({}))
      .output(statisticsShape),
    images: oc
      .route({
        method: 'GET',
        path: '/statistics/images',
        summary: 'The rejected and repeated images of a span or one group of it, newest first',
      })
      .input(keptBackAskedShape.prefault({}))
      .output(keptBackPageShape),
  },
};
