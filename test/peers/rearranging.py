"""Makes a study whose documents refer to its images in every way there is, and judges what leaves after it was
rearranged: every reference must resolve, with the series and study it says, within the objects that leave.

rearranging.py make DIR     writes the study, one file an object
rearranging.py judge DIR    reads DIR/*.dcm and prints one line a broken reference
"""

import sys
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

STUDY = "2.25.1000"
SERIES = "2.25.1001"
IMAGE_CLASS = "1.2.840.10008.5.1.4.1.1.7"
STUDY_SEQUENCES = {0x00081110, 0x30060012}


def item(**values):
    made = Dataset()
    for keyword, value in values.items():
        setattr(made, keyword, value)
    return made


def ref(number):
    return item(ReferencedSOPClassUID=IMAGE_CLASS, ReferencedSOPInstanceUID=image_uid(number))


def image_uid(number):
    return f"2.25.20{number}"


def evidence(numbers):
    series = item(SeriesInstanceUID=SERIES, ReferencedSOPSequence=Sequence([ref(n) for n in numbers]))
    return item(StudyInstanceUID=STUDY, ReferencedSeriesSequence=Sequence([series]))


def start(sop_class, sop, series, modality, patient, implicit=False):
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = sop_class
    meta.MediaStorageSOPInstanceUID = sop
    meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
    made = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    made.is_little_endian, made.is_implicit_VR = True, implicit
    made.SOPClassUID, made.SOPInstanceUID = sop_class, sop
    made.StudyInstanceUID, made.SeriesInstanceUID = STUDY, series
    made.Modality, made.StudyDate, made.StudyID = modality, "20261123", "1"
    made.PatientName, made.PatientID = patient
    made.SpecificCharacterSet = "ISO_IR 100"
    made.SeriesNumber = "1"
    return made


def image(number, patient):
    made = start(IMAGE_CLASS, image_uid(number), SERIES, "OT", patient)
    made.Rows = made.Columns = 4
    made.BitsAllocated = made.BitsStored = 8
    made.HighBit, made.SamplesPerPixel, made.PixelRepresentation = 7, 1, 0
    made.PhotometricInterpretation = "MONOCHROME2"
    made.InstanceNumber = str(number)
    made.PixelData = bytes([number] * 16)
    return made


def documents(patient):
    everything = [1, 2, 3, 4, 5, 6]
    report = start("1.2.840.10008.5.1.4.1.1.88.33", "2.25.301", "2.25.1301", "SR", patient, implicit=True)
    report.CurrentRequestedProcedureEvidenceSequence = Sequence([evidence(everything)])
    report.PertinentOtherEvidenceSequence = Sequence([evidence([2])])
    report.ContentSequence = Sequence(
        [item(RelationshipType="CONTAINS", ValueType="IMAGE", ReferencedSOPSequence=Sequence([ref(n)])) for n in everything]
        + [item(RelationshipType="CONTAINS", ValueType="UIDREF", UID=image_uid(5))]
        + [item(RelationshipType="CONTAINS", ValueType="TEXT", TextValue="Müller said so")]
    )
    yield report

    notes = start("1.2.840.10008.5.1.4.1.1.88.59", "2.25.302", "2.25.1302", "KO", patient)
    notes.CurrentRequestedProcedureEvidenceSequence = Sequence([evidence([1, 4, 6])])
    notes.ContentSequence = Sequence([item(ValueType="IMAGE", ReferencedSOPSequence=Sequence([ref(n)])) for n in (1, 4, 6)])
    yield notes

    state = start("1.2.840.10008.5.1.4.1.1.11.1", "2.25.303", "2.25.1303", "PR", patient)
    state.ReferencedSeriesSequence = Sequence(
        [item(SeriesInstanceUID=SERIES, ReferencedImageSequence=Sequence([ref(3), ref(4)]))]
    )
    state.GraphicAnnotationSequence = Sequence(
        [item(ReferencedImageSequence=Sequence([ref(4)]), ImageComments="Größe")]
    )
    yield state

    segments = start("1.2.840.10008.5.1.4.1.1.66.4", "2.25.304", "2.25.1304", "SEG", patient)
    segments.ReferencedSeriesSequence = Sequence(
        [item(SeriesInstanceUID=SERIES, ReferencedInstanceSequence=Sequence([ref(n) for n in everything]))]
    )
    segments.PerFrameFunctionalGroupsSequence = Sequence(
        [
            item(DerivationImageSequence=Sequence([item(SourceImageSequence=Sequence([ref(n)]))]))
            for n in everything
        ]
    )
    yield segments

    structures = start("1.2.840.10008.5.1.4.1.1.481.3", "2.25.305", "2.25.1305", "RTSTRUCT", patient)
    structures.ReferencedFrameOfReferenceSequence = Sequence(
        [
            item(
                FrameOfReferenceUID="2.25.999",
                RTReferencedStudySequence=Sequence(
                    [
                        item(
                            ReferencedSOPClassUID="1.2.840.10008.3.1.2.3.1",
                            ReferencedSOPInstanceUID=STUDY,
                            RTReferencedSeriesSequence=Sequence(
                                [
                                    item(
                                        SeriesInstanceUID=SERIES,
                                        ContourImageSequence=Sequence([ref(n) for n in everything]),
                                    )
                                ]
                            ),
                        )
                    ]
                ),
            )
        ]
    )
    structures.ROIContourSequence = Sequence(
        [item(ContourSequence=Sequence([item(ContourImageSequence=Sequence([ref(n)]), ContourGeometricType="POINT")]))
         for n in everything]
    )
    yield structures

    derived = image(7, patient)
    derived.SourceImageSequence = Sequence([ref(6)])
    derived.ReferencedImageSequence = Sequence([ref(1)])
    derived.ReferencedStudySequence = Sequence(
        [item(ReferencedSOPClassUID="1.2.840.10008.3.1.2.3.1", ReferencedSOPInstanceUID=STUDY)]
    )
    block = derived.private_block(0x0029, "OUR MAKER", create=True)
    block.add_new(0x01, "UI", image_uid(6))
    block.add_new(0x02, "UI", SERIES)
    yield derived


def make(folder):
    first, second = ("Lovelace^Ada", "0012305"), ("Hopper^Grace", "777")
    made = [image(n, first if n <= 3 else second) for n in range(1, 7)] + list(documents(first))
    for number, dataset in enumerate(made):
        dataset.save_as(Path(folder) / f"{number:02}.dcm", write_like_original=False)


def references(dataset, study=None, series=None, sequence=0):
    """(study, series, object) of everything that an item and what is in it refers to; what is original is left out."""
    if sequence:
        study = dataset.get("StudyInstanceUID", study)
        series = dataset.get("SeriesInstanceUID", series)
        if sequence in STUDY_SEQUENCES:
            study = dataset.get("ReferencedSOPInstanceUID", study)
            yield (study, None, None)
        elif "ReferencedSOPInstanceUID" in dataset:
            yield (study, series, dataset.ReferencedSOPInstanceUID)
        if dataset.get("ValueType") == "UIDREF":
            yield (None, None, dataset.UID)
    for element in dataset:
        if element.VR != "SQ" or element.tag == 0x04000561:
            continue
        for one in element.value:
            yield from references(one, study, series, int(element.tag))


def judge(folder):
    leaving = [dcmread(path) for path in sorted(Path(folder).glob("*.dcm"))]
    here = {(d.StudyInstanceUID, d.SeriesInstanceUID, d.SOPInstanceUID) for d in leaving}
    broken = count = 0
    for dataset in leaving:
        for study, series, sop in references(dataset):
            count += 1
            fits = any(
                (study is None or study == a) and (series is None or series == b) and (sop is None or sop == c)
                for a, b, c in here
            )
            if not fits:
                broken += 1
                print(f"{dataset.Modality} {dataset.SOPInstanceUID}: {study} {series} {sop}")
        meta = dataset.file_meta
        if meta.MediaStorageSOPInstanceUID != dataset.SOPInstanceUID:
            print(f"{dataset.SOPInstanceUID}: another UID in its File Meta")
        for element in dataset.get("ReferencedFrameOfReferenceSequence", []):
            if element.FrameOfReferenceUID != "2.25.999":
                print("the frame of reference changed")
        if dataset.Modality == "SR" and dataset.ContentSequence[-1].TextValue != "Müller said so":
            print("text beside a reference changed")
        if dataset.Modality == "PR" and dataset.GraphicAnnotationSequence[0].ImageComments != "Größe":
            print("text beside a reference changed")
    print(f"references {count}")


if __name__ == "__main__":
    {"make": make, "judge": judge}[sys.argv[1]](sys.argv[2])
