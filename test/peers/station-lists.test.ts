// The codes of the lists that a station begins with, beside the dictionaries that pydicom made of PS3.16.
import { expect, it } from 'vitest';
import { stationListsShape } from '#contract/shapes/station-lists.ts';
import { run } from './programs/run.ts';

const script = `
import json
from pydicom.sr import _cid_dict as names, _concepts_dict as concepts
found = {}
for cid in (4031, 4010, 4014):
    found[cid] = {}
    for name in names.cid_concepts[cid]['SCT']:
        for code, (meaning, cids) in concepts.concepts['SCT'][name].items():
            if cid in cids: found[cid][code] = meaning
print(json.dumps(found))
`;

it('every code that is shipped is in its context group, with its meaning', async () => {
  const { code, output } = await run('/usr/bin/python3', ['-c', script]);
  expect(code, output).toBe(0);
  const groups = JSON.parse(output) as Readonly<Record<string, Readonly<Record<string, string>>>>;
  const { bodyParts, views, breastViews } = stationListsShape.parse({});
  for (const [group, entries] of Object.entries({ 4031: bodyParts, 4010: views, 4014: breastViews })) {
    expect(entries.length).toBeGreaterThan(5);
    for (const { code: said } of entries) expect(groups[group]?.[said?.CodeValue ?? '']).toBe(said?.CodeMeaning);
  }
});
