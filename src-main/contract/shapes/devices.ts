// Devices as the desk shows them: what was set, what they did, and the corrections that are remembered for them.
import { z } from 'zod';
import { attributesShape } from './identity.ts';
import { deviceSettingShape } from './settings.ts';

export const deviceRowShape = z.strictObject({
  /** Id in the settings; null for one that may send without being listed. */
  id: z.string().nullable(),
  name: z.string(),
  aeTitle: z.string(),
  /** Address it must come from, or from where it last sent; null: from anywhere, and it never did. */
  address: z.string().nullable(),
  decision: deviceSettingShape.shape.decision.unwrap(),
  firstSeenAt: z.string().nullable(),
  lastSeenAt: z.string().nullable(),
  received: z.int(),
  /** How often it sent again what was here. */
  resent: z.int(),
  /** Images of it that a person keeps from leaving. */
  rejected: z.int(),
  /** How often it called and was not let in. */
  turnedAway: z.int(),
  lastTurnedAwayAt: z.string().nullable(),
  /** Objects whose text cannot be what Specific Character Set says, and what the last of them said and was. */
  textLies: z.int(),
  textSays: z.string(),
  textSends: z.string(),
  /** Objects of another modality than expected. */
  otherModality: z.int(),
  lastOtherModality: z.string(),
});
export type DeviceRow = z.infer<typeof deviceRowShape>;

/** A correction that late images of the same source and the same received identity follow. */
export const rememberedDecisionShape = z.strictObject({
  id: z.string(),
  examId: z.string(),
  aeTitle: z.string(),
  address: z.string().nullable(),
  received: attributesShape,
  corrected: attributesShape,
  by: z.string(),
  decidedAt: z.string(),
  expiresAt: z.string(),
  followed: z.int(),
});
export type RememberedDecision = z.infer<typeof rememberedDecisionShape>;

export const deviceListShape = z.strictObject({
  devices: z.array(deviceRowShape),
  remembered: z.array(rememberedDecisionShape),
});
export type DeviceList = z.infer<typeof deviceListShape>;

/** What may be changed of a listed device; null takes a value away. */
export const deviceChangeShape = z.strictObject({
  name: deviceSettingShape.shape.name.optional(),
  host: deviceSettingShape.shape.host.unwrap().nullable().optional(),
  decision: deviceSettingShape.shape.decision.unwrap().optional(),
  modality: deviceSettingShape.shape.modality.unwrap().nullable().optional(),
  department: deviceSettingShape.shape.department.unwrap().nullable().optional(),
  institution: deviceSettingShape.shape.institution.unwrap().nullable().optional(),
  operator: deviceSettingShape.shape.operator.unwrap().nullable().optional(),
  bodyPart: deviceSettingShape.shape.bodyPart.unwrap().nullable().optional(),
  priority: deviceSettingShape.shape.priority.unwrap().nullable().optional(),
  quietTimeSeconds: deviceSettingShape.shape.quietTimeSeconds.unwrap().nullable().optional(),
  commitment: deviceSettingShape.shape.commitment.unwrap().nullable().optional(),
  commitmentPort: deviceSettingShape.shape.commitmentPort.unwrap().nullable().optional(),
});
export type DeviceChange = z.infer<typeof deviceChangeShape>;
