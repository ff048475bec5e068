# What another reader finds in a rejection note: title, modifier, text, patient, and the two sets of instances.
import json, sys
import pydicom

note = pydicom.dcmread(sys.argv[1])

def evidence(sequence):
    return sorted(
        [study.StudyInstanceUID, series.SeriesInstanceUID, ref.ReferencedSOPInstanceUID]
        for study in sequence
        for series in study.ReferencedSeriesSequence
        for ref in series.ReferencedSOPSequence
    )

content = [item for item in note.ContentSequence if item.ValueType in ("IMAGE", "WAVEFORM", "COMPOSITE")]
mods = [item for item in note.ContentSequence if item.RelationshipType == "HAS CONCEPT MOD"]
texts = [item for item in note.ContentSequence if item.ValueType == "TEXT"]
code = lambda sequence: [sequence[0].CodeValue, sequence[0].CodingSchemeDesignator]
print(json.dumps({
    "class": note.SOPClassUID, "modality": note.Modality, "uid": note.SOPInstanceUID,
    "study": note.StudyInstanceUID, "series": note.SeriesInstanceUID,
    "patient": [str(note.PatientName), note.PatientID],
    "titles": [code(note.ConceptNameCodeSequence)],
    "template": note.ContentTemplateSequence[0].TemplateIdentifier,
    "modifiers": [code(item.ConceptNameCodeSequence) + code(item.ConceptCodeSequence) for item in mods],
    "texts": [code(item.ConceptNameCodeSequence) + [item.TextValue, item.RelationshipType] for item in texts],
    "evidence": evidence(note.CurrentRequestedProcedureEvidenceSequence),
    "tree": sorted(item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID for item in content),
    "identical": evidence(note.get("IdenticalDocumentsSequence", [])),
}))
