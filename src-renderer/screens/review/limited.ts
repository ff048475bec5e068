// Which tools make something that may not be able to leave with a picture.
import type { LimitsOfPictures } from '#ui/state/index.ts';
import { limitTexts, type Limited } from '#ui/text/index.ts';
import type { DrawingTool } from '#ui/viewer/index.ts';

export type LimitPorts = { readonly limits: Pick<LimitsOfPictures, 'ask'> };

/** Undefined for a tool whose work leaves with every picture. */
export function limitOf(tool: DrawingTool): Exclude<Limited, 'tone'> | undefined {
  if (tool === 'crop' || tool === 'redaction') return tool;
  return tool === 'calibration' ? undefined : 'marks';
}

export const sayLimit = (limit: Limited, reason: string): string => limitTexts.refused(limit, reason);
