"""Reads a note to the reader as somebody else's program would and prints what it says."""
import json
import sys

import pydicom

data = pydicom.dcmread(sys.argv[1])
evidence = [
    item.ReferencedSOPInstanceUID
    for study in data.CurrentRequestedProcedureEvidenceSequence
    for series in study.ReferencedSeriesSequence
    for item in series.ReferencedSOPSequence
]
tree = data.ContentSequence
print(
    json.dumps(
        {
            "class": data.SOPClassUID,
            "modality": data.Modality,
            "study": data.StudyInstanceUID,
            "patient": [str(data.PatientName), data.PatientID],
            "title": data.ConceptNameCodeSequence[0].CodeValue,
            "texts": [[item.ConceptNameCodeSequence[0].CodeValue, item.TextValue] for item in tree if item.ValueType == "TEXT"],
            "by": [str(item.PersonName) for item in tree if item.ValueType == "PNAME"],
            "tree": [item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID for item in tree if "ReferencedSOPSequence" in item],
            "evidence": evidence,
        }
    )
)
