// A modality worklist (wlmscpfs) with the orders that a journey needs.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { freePort, run, temporaryFolder } from '../../peers/programs/index.ts';
import { keepRunning } from '../../peers/programs/run.ts';

export type WorklistItem = {
  readonly PatientName: string;
  readonly PatientID: string;
  readonly PatientBirthDate: string;
  readonly PatientSex: string;
  readonly AccessionNumber: string;
  readonly description: string;
  readonly Modality: string;
  readonly station: string;
  /** YYYYMMDDHHMMSS */
  readonly scheduledFor: string;
};

/** Starts a worklist under the AE title RIS. The caller closes it. */
export async function startWorklist(items: readonly WorklistItem[]): Promise<{ port: number; close(): Promise<void> }> {
  const folder = await temporaryFolder('worklist');
  const lists = path.join(folder.path, 'RIS');
  await mkdir(lists);
  await writeFile(path.join(lists, 'lockfile'), '');
  for (const [n, item] of items.entries()) {
    const text = path.join(folder.path, `${n}.dump`);
    await writeFile(text, dumpOf(item, n));
    const made = await run('dump2dcm', [text, path.join(lists, `${n}.wl`)]);
    if (made.code !== 0) throw new Error(made.output);
  }
  const port = await freePort();
  const server = keepRunning('wlmscpfs', ['-dfp', folder.path, String(port)], { env: { TCP_NODELAY: '1' } });
  return {
    port,
    close: async () => {
      await server.close();
      await folder.close();
    },
  };
}

const dumpOf = (item: WorklistItem, n: number) => `
(0008,0005) CS [ISO_IR 192]
(0008,0050) SH [${item.AccessionNumber}]
(0010,0010) PN [${item.PatientName}]
(0010,0020) LO [${item.PatientID}]
(0010,0030) DA [${item.PatientBirthDate}]
(0010,0040) CS [${item.PatientSex}]
(0020,000d) UI [2.25.77000${n}]
(0032,1060) LO [${item.description}]
(0040,1001) SH [RP${n}]
(0040,0100) SQ
(fffe,e000) -
(0008,0060) CS [${item.Modality}]
(0040,0001) AE [${item.station}]
(0040,0002) DA [${item.scheduledFor.slice(0, 8)}]
(0040,0003) TM [${item.scheduledFor.slice(8)}]
(0040,0007) LO [${item.description}]
(0040,0009) SH [SPS${n}]
(fffe,e00d) -
(fffe,e0dd) -
`;
